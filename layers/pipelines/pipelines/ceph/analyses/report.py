"""All analyses of a film, in the form in which a report has them."""

from collections.abc import Iterator
from typing import Any

from pipelines.ceph.analyses import clinical, isbi
from pipelines.ceph.analyses.geometry import Points
from pipelines.ceph.analyses.norms import GROWTH_PATTERN, NOT_MEASURABLE, SKELETAL_CLASS, Sex
from pipelines.ceph.analyses.quantity import NO_SCALE, NOT_DEFINED, Unit


def analyse(
    points: Points, mm_per_unit: float | None = None, sex: Sex | None = None
) -> dict[str, Any]:
    """Measure a film and read the measurements.

    Args:
        points: Abbreviation of each of the 19 landmarks → ``(x, y)`` in one square unit, y down,
            the face to the right.
        mm_per_unit: Millimetres in that unit; without it, lengths are None and ratios and angles
            are given.
        sex: Whose norms to compare with, where they differ.

    Returns:
        JSON types only: ``measurements``, name → number or None, the eight ISBI measures by
        those names; ``isbi``, the same with class and reading; ``analyses``, the clinical ones
        with norm, z-score and reading; ``skeletalClass`` (I, II, III) and ``growthPattern``
        (horizontal, normal, vertical), by clinical norms; ``notMeasured``, what has no value, and
        why.
    """
    challenge = isbi.measure(points, mm_per_unit)
    analyses = clinical.measure(points, mm_per_unit, sex)
    return {
        "measurements": {name: one["value"] for name, one in challenge.items()},
        "isbi": challenge,
        "analyses": analyses,
        "skeletalClass": clinical.verdict(points, SKELETAL_CLASS),
        "growthPattern": clinical.verdict(points, GROWTH_PATTERN),
        "notMeasured": [
            {"name": name, "reason": reason}
            for name, reason in _missing(challenge, analyses, has_scale=mm_per_unit is not None)
        ],
    }


def _missing(
    challenge: dict[str, dict[str, Any]], analyses: list[dict[str, Any]], *, has_scale: bool
) -> Iterator[tuple[str, str]]:
    """What has no value: first what this film lacks, then what no film can give."""
    values = {name: (one["value"], one["unit"]) for name, one in challenge.items()}
    values |= {
        one["name"]: (one["value"], one["unit"])
        for analysis in analyses
        for one in analysis["measurements"]
    }
    for name, (value, unit) in values.items():
        if value is None:
            lacks_scale = unit == Unit.MILLIMETRE and not has_scale
            yield name, NO_SCALE if lacks_scale else NOT_DEFINED
    yield from NOT_MEASURABLE.items()
