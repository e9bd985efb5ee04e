"""The eight measures of the ISBI 2015 challenge and their classes (Wang et al. 2016).

Wang C-W, Huang C-T, Lee J-H, et al. A benchmark for comparison of dental radiography analysis
algorithms. Med Image Anal 2016;31:63–76. Its bounds are the challenge's, not the clinical norms,
and its FHA is measured to S-N, not to the Frankfort horizontal.
"""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pipelines.ceph.analyses import formulas
from pipelines.ceph.analyses.geometry import Points
from pipelines.ceph.analyses.quantity import Unit, in_unit

SOURCE = "ISBI 2015 challenge: Wang et al., Med Image Anal 2016;31:63–76"


@dataclass(frozen=True)
class Measure:
    """One of the eight.

    Attributes:
        name: As the challenge abbreviates it.
        unit: Of its value.
        formula: Points to value.
        low: Below it, the class is ``classes[0]``.
        high: Above it, the class is ``classes[1]``; in between it is 1.
        classes: The numbers of the classes below and above.
        readings: Words for below, within and above.
    """

    name: str
    unit: Unit
    formula: Callable[[Points], float | None]
    low: float
    high: float
    classes: tuple[int, int]
    readings: tuple[str, str, str]

    def classify(self, value: float) -> tuple[int, str]:
        """The class of a value, its number and its words; the bounds belong to class 1."""
        if self.low <= value <= self.high:
            return 1, self.readings[1]
        if value > self.high:
            return self.classes[1], self.readings[2]
        return self.classes[0], self.readings[0]


class _IncisorGap(Measure):
    """MW has four classes: edges that meet are one of their own."""

    def classify(self, value: float) -> tuple[int, str]:
        if value == 0:
            return 2, "edge to edge"
        if 0 < value < self.low:
            return self.classes[0], "small overjet"
        return super().classify(value)


MEASURES: tuple[Measure, ...] = (
    Measure(
        "SNA", Unit.DEGREE, formulas.sna, 79.4, 83.2, (3, 2),
        ("retrognathic maxilla", "normal maxilla", "prognathic maxilla"),
    ),
    Measure(
        "SNB", Unit.DEGREE, formulas.snb, 74.6, 78.7, (2, 3),
        ("retrognathic mandible", "normal mandible", "prognathic mandible"),
    ),
    Measure(
        "ANB", Unit.DEGREE, formulas.anb, 3.2, 5.7, (3, 2),
        ("skeletal class III", "skeletal class I", "skeletal class II"),
    ),
    Measure(
        "ODI", Unit.DEGREE, formulas.odi, 68.4, 80.5, (3, 2),
        ("open bite tendency", "normal overbite", "deep bite tendency"),
    ),
    Measure(
        "APDI", Unit.DEGREE, formulas.apdi, 77.6, 85.2, (2, 3),
        ("class II tendency", "class I", "class III tendency"),
    ),
    Measure(
        "FHI", Unit.RATIO, formulas.face_height_ratio, 0.65, 0.75, (3, 2),
        ("long face tendency", "normal face height", "short face tendency"),
    ),
    Measure(
        "FHA", Unit.DEGREE, formulas.sn_gogn_unsigned, 26.8, 31.4, (3, 2),
        ("low mandibular angle", "normal mandibular angle", "high mandibular angle"),
    ),
    _IncisorGap(
        "MW", Unit.MILLIMETRE, formulas.incisor_gap, 2.0, 4.5, (3, 4),
        ("anterior crossbite", "normal overjet", "large overjet"),
    ),
)  # fmt: skip


def measure(points: Points, mm_per_unit: float | None) -> dict[str, dict[str, Any]]:
    """The eight measures.

    Classes are those of the values as they are reported, rounded.

    Args:
        points: Abbreviation → point.
        mm_per_unit: Millimetres in the unit of the points; without it there is no MW.

    Returns:
        Name → ``value``, ``unit``, ``class`` (its number) and ``reading``; the last two are None
        where the value is.
    """
    return {one.name: _measured(one, points, mm_per_unit) for one in MEASURES}


def _measured(one: Measure, points: Points, mm_per_unit: float | None) -> dict[str, Any]:
    value = in_unit(one.formula(points), one.unit, mm_per_unit)
    number, reading = (None, None) if value is None else one.classify(value)
    return {"value": value, "unit": one.unit.value, "class": number, "reading": reading}
