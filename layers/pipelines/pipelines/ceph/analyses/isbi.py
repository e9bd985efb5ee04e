"""The eight measures of the ISBI 2015 challenge and their classes (Wang et al. 2016).

Wang C-W, Huang C-T, Lee J-H, et al. A benchmark for comparison of dental radiography analysis
algorithms. Med Image Anal 2016;31:63–76. Its bounds are the challenge's, not the clinical norms,
and its FHA is measured to S-N, not to the Frankfort horizontal.
"""

from dataclasses import dataclass
from typing import Any

from pipelines.ceph.analyses import formulas
from pipelines.ceph.analyses.formula import Formula
from pipelines.ceph.analyses.geometry import Points
from pipelines.ceph.analyses.quantity import Unit, in_unit

SOURCE = "ISBI 2015 challenge: Wang et al., Med Image Anal 2016;31:63–76"


@dataclass(frozen=True)
class Band:
    """Values of one class that lie side by side.

    Attributes:
        number: Of the class.
        reading: What it means.
        end: Where the band ends; None for the last one.
        closed: Whether its end belongs to it.
    """

    number: int
    reading: str
    end: float | None = None
    closed: bool = False

    def reaches(self, value: float) -> bool:
        """Whether a value lies before the band's end."""
        return self.end is None or value < self.end or (self.closed and value == self.end)


@dataclass(frozen=True)
class Measure:
    """One of the eight.

    Attributes:
        name: As the challenge abbreviates it.
        unit: Of its value.
        formula: Points to value.
        bands: From small values to large ones.
    """

    name: str
    unit: Unit
    formula: Formula
    bands: tuple[Band, ...]

    def classify(self, value: float) -> tuple[int, str]:
        """The class of a value, its number and its words."""
        band = next(band for band in self.bands if band.reaches(value))
        return band.number, band.reading


def _bands(
    low: float, high: float, below: tuple[int, str], within: str, above: tuple[int, str]
) -> tuple[Band, ...]:
    """Three classes; the bounds belong to class 1, the one within."""
    return Band(*below, end=low), Band(1, within, end=high, closed=True), Band(*above)


MEASURES: tuple[Measure, ...] = (
    Measure(
        "SNA", Unit.DEGREE, formulas.sna,
        _bands(79.4, 83.2, (3, "retrognathic maxilla"), "normal maxilla",
               (2, "prognathic maxilla")),
    ),
    Measure(
        "SNB", Unit.DEGREE, formulas.snb,
        _bands(74.6, 78.7, (2, "retrognathic mandible"), "normal mandible",
               (3, "prognathic mandible")),
    ),
    Measure(
        "ANB", Unit.DEGREE, formulas.anb,
        _bands(3.2, 5.7, (3, "skeletal class III"), "skeletal class I", (2, "skeletal class II")),
    ),
    Measure(
        "ODI", Unit.DEGREE, formulas.odi,
        _bands(68.4, 80.5, (3, "open bite tendency"), "normal overbite",
               (2, "deep bite tendency")),
    ),
    Measure(
        "APDI", Unit.DEGREE, formulas.apdi,
        _bands(77.6, 85.2, (2, "class II tendency"), "class I", (3, "class III tendency")),
    ),
    Measure(
        "FHI", Unit.RATIO, formulas.face_height_ratio,
        _bands(0.65, 0.75, (3, "long face tendency"), "normal face height",
               (2, "short face tendency")),
    ),
    Measure(
        "FHA", Unit.DEGREE, formulas.sn_gogn_unsigned,
        _bands(26.8, 31.4, (3, "low mandibular angle"), "normal mandibular angle",
               (2, "high mandibular angle")),
    ),
    # Four classes: edges that meet are one of their own.
    Measure(
        "MW", Unit.MILLIMETRE, formulas.incisor_gap,
        (
            Band(3, "anterior crossbite", end=0.0),
            Band(2, "edge to edge", end=0.0, closed=True),
            Band(3, "small overjet", end=2.0),
            Band(1, "normal overjet", end=4.5, closed=True),
            Band(4, "large overjet"),
        ),
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
