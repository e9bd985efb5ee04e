"""What a value is measured in, and how it is rounded for a report."""

from enum import StrEnum


class Unit(StrEnum):
    """The unit of a measurement."""

    DEGREE = "deg"
    MILLIMETRE = "mm"
    RATIO = "ratio"


DECIMALS = {Unit.DEGREE: 1, Unit.MILLIMETRE: 1, Unit.RATIO: 3}

NO_SCALE = "needs the film's scale: a calibrated DICOM file, or pixelSpacing"
NOT_DEFINED = "not defined here: landmarks that it is measured from lie on one another"


def in_unit(value: float | None, unit: Unit, mm_per_unit: float | None) -> float | None:
    """A formula's value as a report gives it: 0.1°, 0.1 mm, 0.001; never −0.

    Args:
        value: In degrees, in the unit of the points, or a ratio.
        unit: What it is to be given in.
        mm_per_unit: Millimetres in the unit of the points, if known.
    """
    if value is None or (unit is Unit.MILLIMETRE and mm_per_unit is None):
        return None
    scale = mm_per_unit if unit is Unit.MILLIMETRE and mm_per_unit is not None else 1.0
    return round(value * scale, DECIMALS[unit]) + 0.0
