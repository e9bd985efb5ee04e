"""Angles and distances of landmarks.

Points are ``(x, y)`` in one square unit, y down, the face to the right; angles are degrees. Every
function returns None where the geometry defines nothing: a line without length, a coordinate that
is no finite number.
"""

import math
from collections.abc import Mapping

Point = tuple[float, float]
Points = Mapping[str, Point]
Line = tuple[Point, Point]
"""From its first point to its second: opposite lines are not the same."""

_TINY = 1e-9


def turn(first: Line, second: Line) -> float | None:
    """The signed angle by which ``second`` is turned from ``first``.

    Returns:
        ``atan2(u × v, u · v)`` in −180…180°, positive clockwise as the film is seen (y is down):
        a line that points forward turns clockwise as it tips down in front.
    """
    (u_x, u_y), (v_x, v_y) = _vector(first), _vector(second)
    lengths = math.hypot(u_x, u_y), math.hypot(v_x, v_y)
    if not all(_TINY < length < math.inf for length in lengths):
        return None
    # Lengths are divided out first: products of very large coordinates would overflow.
    u_x, u_y, v_x, v_y = u_x / lengths[0], u_y / lengths[0], v_x / lengths[1], v_y / lengths[1]
    return math.degrees(math.atan2(u_x * v_y - u_y * v_x + 0.0, u_x * v_x + u_y * v_y))


def between(first: Line, second: Line) -> float | None:
    """The angle between two directed lines, 0…180°."""
    signed = turn(first, second)
    return None if signed is None else abs(signed)


def angle(first: Point, vertex: Point, second: Point) -> float | None:
    """The angle at ``vertex`` between the rays to ``first`` and to ``second``, 0…180°."""
    return between((vertex, first), (vertex, second))


def interior(first: Point, vertex: Point, second: Point) -> float | None:
    """The angle at ``vertex`` clockwise from ``first`` to ``second``, 0…360°.

    Going N-S-Ar-Go-Me, that is the angle inside Björk's polygon, which stays right where the
    polygon is bent inwards (more than 180°).
    """
    signed = turn((vertex, first), (vertex, second))
    return None if signed is None else signed % 360


def distance(first: Point, second: Point) -> float | None:
    """‖second − first‖ in the unit of the points."""
    length = math.hypot(*_vector((first, second)))
    return length if math.isfinite(length) else None


def ratio(first: Line, second: Line) -> float | None:
    """The length of ``first`` over that of ``second``."""
    above, below = distance(*first), distance(*second)
    if above is None or below is None or below < _TINY:
        return None
    return above / below


def along(direction: Line, line: Line) -> float | None:
    """How far ``line`` leads along ``direction``: positive forward of its first point.

    Returns:
        ``(line · û)`` in the unit of the points, û the unit vector of ``direction``.
    """
    (u_x, u_y), (x, y) = _vector(direction), _vector(line)
    length = math.hypot(u_x, u_y)
    if not _TINY < length < math.inf:
        return None
    projected = x * (u_x / length) + y * (u_y / length)
    return projected if math.isfinite(projected) else None


def _vector(line: Line) -> Point:
    (from_x, from_y), (to_x, to_y) = line
    return to_x - from_x, to_y - from_y
