"""The clinical analyses of a film: values beside their norms, and what they mean together."""

from collections.abc import Iterable
from typing import Any

from pipelines.ceph.analyses.geometry import Points
from pipelines.ceph.analyses.norms import ANALYSES, Measure, Norm, Sex, Verdict
from pipelines.ceph.analyses.quantity import in_unit


def measure(points: Points, mm_per_unit: float | None, sex: Sex | None) -> list[dict[str, Any]]:
    """Every analysis with its measurements, as a report has them.

    A z-score is ``(value − norm) / sd`` of the rounded value; ``range`` bounds what is read as
    usual.

    Args:
        points: Abbreviation → point.
        mm_per_unit: Millimetres in the unit of the points; without it, lengths are None.
        sex: Whose norms to compare with, where they differ.
    """
    return [
        {
            "name": analysis.name,
            "source": analysis.source,
            "measurements": [_measured(one, points, mm_per_unit, sex) for one in analysis.measures],
        }
        for analysis in ANALYSES
    ]


def verdict(points: Points, verdicts: Iterable[Verdict]) -> str | None:
    """What the first of some measurements that has a value says of the face.

    Args:
        points: Abbreviation → point.
        verdicts: Of measures that need neither scale nor sex.
    """
    for one in verdicts:
        norm = one.measure.norm_of(None)
        value = in_unit(one.measure.formula(points), one.measure.unit, None)
        if value is not None and norm is not None:
            return one.words[norm.place(value)]
    return None


def _measured(
    one: Measure, points: Points, mm_per_unit: float | None, sex: Sex | None
) -> dict[str, Any]:
    value = in_unit(one.formula(points), one.unit, mm_per_unit)
    norm = one.norm_of(sex)
    return {
        "name": one.name,
        "value": value,
        "unit": one.unit.value,
        "norm": norm.mean if norm else None,
        "sd": norm.sd if norm else None,
        "range": [norm.low, norm.high] if norm else None,
        "z": _z(value, norm),
        "reading": _words(one, value, norm),
    }


def _z(value: float | None, norm: Norm | None) -> float | None:
    if value is None or norm is None or norm.mean is None or norm.sd is None:
        return None
    return round((value - norm.mean) / norm.sd, 1) + 0.0


def _words(one: Measure, value: float | None, norm: Norm | None) -> str | None:
    return None if value is None or norm is None else one.readings[norm.place(value)]
