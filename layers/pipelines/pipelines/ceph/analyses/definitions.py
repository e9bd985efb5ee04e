"""The analyses as data: formulas, norms, bounds and words, for whoever measures elsewhere.

What evaluates them on the same points as :func:`analyse`, gives the same numbers.
"""

from collections.abc import Iterable
from typing import Any

from pipelines.ceph.analyses import isbi
from pipelines.ceph.analyses.norms import (
    ANALYSES,
    GROWTH_PATTERN,
    NOT_MEASURABLE,
    SKELETAL_CLASS,
    Measure,
    Norm,
    Sex,
    Verdict,
)
from pipelines.ceph.analyses.quantity import DECIMALS, NO_SCALE, NOT_DEFINED
from pipelines.ceph.landmarks import LANDMARKS


def definitions() -> dict[str, Any]:
    """Everything that turns 19 points into a report; JSON types only.

    Returns:
        ``landmarks`` in their order; ``decimals`` of a value by unit; ``isbi`` and ``analyses``,
        each measure with its formula as data and what its value is compared with;
        ``skeletalClass`` and ``growthPattern``, the measures that decide, the first with a value
        before the others; ``notMeasurable``, name → reason; ``reasons`` for a value that is None.
    """
    return {
        "landmarks": [{"abbreviation": one.abbreviation, "name": one.name} for one in LANDMARKS],
        "decimals": {unit.value: places for unit, places in DECIMALS.items()},
        "isbi": [_challenge(one) for one in isbi.MEASURES],
        "analyses": [
            {
                "name": one.name,
                "source": one.source,
                "measurements": [_clinical(measure) for measure in one.measures],
            }
            for one in ANALYSES
        ],
        "skeletalClass": _verdicts(SKELETAL_CLASS),
        "growthPattern": _verdicts(GROWTH_PATTERN),
        "notMeasurable": dict(NOT_MEASURABLE),
        "reasons": {"noScale": NO_SCALE, "notDefined": NOT_DEFINED},
    }


def _challenge(one: isbi.Measure) -> dict[str, Any]:
    bands = [
        {"class": band.number, "reading": band.reading, "end": band.end, "closed": band.closed}
        for band in one.bands
    ]
    return {
        "name": one.name,
        "unit": one.unit.value,
        "formula": one.formula.as_data(),
        "bands": bands,
    }


def _clinical(one: Measure) -> dict[str, Any]:
    norms = {sex.value if sex else "unknown": _norm(one.norm_of(sex)) for sex in (None, *Sex)}
    return {
        "name": one.name,
        "unit": one.unit.value,
        "formula": one.formula.as_data(),
        "norms": norms,
        "readings": list(one.readings),
    }


def _norm(norm: Norm | None) -> dict[str, float | None] | None:
    if norm is None:
        return None
    return {"low": norm.low, "high": norm.high, "mean": norm.mean, "sd": norm.sd}


def _verdicts(verdicts: Iterable[Verdict]) -> list[dict[str, Any]]:
    return [{**_clinical(one.measure), "words": list(one.words)} for one in verdicts]
