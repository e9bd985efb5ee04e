"""Angles between landmarks (Steiner 1953, Am J Orthod 39:729–755).

Points are ``(x, y)`` in one square unit, y down, the face to the right; angles are degrees.
"""

import math
from collections.abc import Mapping

Point = tuple[float, float]

_TINY = 1e-9


def angle(first: Point, vertex: Point, second: Point) -> float | None:
    """The angle at ``vertex`` between the rays to ``first`` and to ``second``.

    Returns:
        ``atan2(|u × v|, u · v)`` in 0…180°, or None where a ray has no length.
    """
    u = (first[0] - vertex[0], first[1] - vertex[1])
    v = (second[0] - vertex[0], second[1] - vertex[1])
    if math.hypot(*u) < _TINY or math.hypot(*v) < _TINY:
        return None
    return math.degrees(math.atan2(abs(u[0] * v[1] - u[1] * v[0]), u[0] * v[0] + u[1] * v[1]))


def sna(points: Mapping[str, Point]) -> float | None:
    """SNA = ∠S-N-A in degrees: how far the upper jaw lies forward. Norm 82° ± 2°."""
    return angle(points["S"], points["N"], points["A"])


def snb(points: Mapping[str, Point]) -> float | None:
    """SNB = ∠S-N-B in degrees: how far the lower jaw lies forward. Norm 80° ± 2°."""
    return angle(points["S"], points["N"], points["B"])


def measure(points: Mapping[str, Point]) -> dict[str, float | None]:
    """All measurements of a film, rounded to 0.1°; None where geometry defines none.

    ANB = SNA − SNB, negative where B lies ahead of A, norm 2° ± 2°; it is the difference of the
    rounded others, so that a report agrees with itself.

    Args:
        points: Abbreviation → point.
    """
    upper, lower = (_rounded(one(points)) for one in (sna, snb))
    difference = None if upper is None or lower is None else _rounded(upper - lower)
    return {"SNA": upper, "SNB": lower, "ANB": difference}


def _rounded(value: float | None) -> float | None:
    return None if value is None else round(value, 1) + 0.0
