"""The clinical analyses of a film: values beside their norms, and what they mean together."""

from typing import Any

from pipelines.ceph.analyses.geometry import Points
from pipelines.ceph.analyses.norms import (
    ANALYSES,
    ANB,
    BJORK_SUM,
    FACE_HEIGHT_RATIO,
    Measure,
    Norm,
    Sex,
)
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


def skeletal_class(points: Points) -> str | None:
    """The skeletal class by ANB: I from 0° to 4°, II above, III below (Steiner 1953)."""
    names = {ANB.readings[0]: "III", ANB.readings[1]: "I", ANB.readings[2]: "II"}
    reading = _reading(ANB, points)
    return None if reading is None else names[reading]


def growth_pattern(points: Points) -> str | None:
    """The direction of growth by Björk's sum: horizontal below 390°, vertical above 402°.

    Where the sum is not defined, by S-Go/N-Me: vertical below 0.60, horizontal above 0.65.
    """
    patterns = ("horizontal", "normal", "vertical")
    reading = _reading(BJORK_SUM, points)
    if reading is not None:
        return patterns[BJORK_SUM.readings.index(reading)]
    reading = _reading(FACE_HEIGHT_RATIO, points)
    # A short posterior height is what a large sum is: the order is the other way round.
    return None if reading is None else patterns[2 - FACE_HEIGHT_RATIO.readings.index(reading)]


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
    if value is None or norm is None:
        return None
    return one.readings[1 + (value > norm.high) - (value < norm.low)]


def _reading(one: Measure, points: Points) -> str | None:
    """Of a measure that needs neither scale nor sex."""
    return _words(one, in_unit(one.formula(points), one.unit, None), one.norm_of(None))
