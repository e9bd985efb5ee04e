"""The measurements that 19 landmarks allow, each by the formula of who defined it.

``points`` maps a landmark's abbreviation to ``(x, y)``: one square unit, y down, the face to the
right. Angles are degrees, lengths the unit of the points; None where geometry defines none. FH is
the Frankfort horizontal Po→Or. Lines are directed, so that an angle is never its supplement: FMA
from Or→Po, seen in published code, would be 180° − FMA.
"""

from collections.abc import Iterable

from pipelines.ceph.analyses.geometry import (
    Line,
    Points,
    along,
    angle,
    between,
    distance,
    interior,
    ratio,
    turn,
)


def line(points: Points, first: str, second: str) -> Line:
    """The directed line from one landmark to another."""
    return points[first], points[second]


def sna(points: Points) -> float | None:
    """SNA = ∠S-N-A: how far the upper jaw lies forward (Steiner 1953)."""
    return angle(points["S"], points["N"], points["A"])


def snb(points: Points) -> float | None:
    """SNB = ∠S-N-B: how far the lower jaw lies forward (Steiner 1953)."""
    return angle(points["S"], points["N"], points["B"])


def anb(points: Points) -> float | None:
    """ANB = SNA − SNB, negative where B lies ahead of A (Steiner 1953).

    The difference of both as they are reported, at 0.1°, so that a report agrees with itself.
    """
    upper, lower = sna(points), snb(points)
    return None if upper is None or lower is None else round(upper, 1) - round(lower, 1)


def sn_gogn(points: Points) -> float | None:
    """SN-GoGn: S→N to Go→Gn, positive where the lower jaw tips down in front (Steiner 1953)."""
    return turn(line(points, "S", "N"), line(points, "Go", "Gn"))


def facial_angle(points: Points) -> float | None:
    """Facial angle: FH to N-Pog, below and behind (Downs 1948)."""
    return between(line(points, "Or", "Po"), line(points, "N", "Pog"))


def convexity(points: Points) -> float | None:
    """Angle of convexity: 180° − ∠N-A-Pog, positive where A lies ahead of N-Pog (Downs 1948)."""
    return turn(line(points, "N", "A"), line(points, "A", "Pog"))


def ab_plane(points: Points) -> float | None:
    """A-B plane angle: N-Pog to A-B, negative where B lies behind A (Downs 1948)."""
    signed = turn(line(points, "N", "Pog"), line(points, "A", "B"))
    return None if signed is None else -signed


def y_axis(points: Points) -> float | None:
    """Y-axis: FH to S-Gn, below and in front (Downs 1948)."""
    return between(line(points, "Po", "Or"), line(points, "S", "Gn"))


def mandibular_plane(points: Points) -> float | None:
    """Mandibular plane angle, FMA: FH to Go→Me, positive where it tips down in front.

    Downs (1948) and Tweed (1954) draw a tangent to the lower border; with landmarks it is Go-Me.
    """
    return turn(line(points, "Po", "Or"), line(points, "Go", "Me"))


def a_to_n_perpendicular(points: Points) -> float | None:
    """A to the perpendicular on FH through N, positive in front of it (McNamara 1984)."""
    return along(line(points, "Po", "Or"), line(points, "N", "A"))


def pog_to_n_perpendicular(points: Points) -> float | None:
    """Pog to the perpendicular on FH through N, positive in front of it (McNamara 1984)."""
    return along(line(points, "Po", "Or"), line(points, "N", "Pog"))


def lower_face_height(points: Points) -> float | None:
    """Lower anterior face height: |ANS-Me| (McNamara 1984)."""
    return distance(points["ANS"], points["Me"])


def saddle(points: Points) -> float | None:
    """Saddle angle: ∠N-S-Ar inside the polygon (Björk 1947)."""
    return interior(points["N"], points["S"], points["Ar"])


def articular(points: Points) -> float | None:
    """Articular angle: ∠S-Ar-Go inside the polygon (Björk 1947)."""
    return interior(points["S"], points["Ar"], points["Go"])


def gonial(points: Points) -> float | None:
    """Gonial angle: ∠Ar-Go-Me inside the polygon (Björk 1947)."""
    return interior(points["Ar"], points["Go"], points["Me"])


def bjork_sum(points: Points) -> float | None:
    """Björk's sum: saddle + articular + gonial angle, 360° more than S→N to Go→Me."""
    return _sum(one(points) for one in (saddle, articular, gonial))


def face_height_ratio(points: Points) -> float | None:
    """Posterior to anterior face height: |S-Go| / |N-Me| (Jarabak and Fizzell 1972)."""
    return ratio(line(points, "S", "Go"), line(points, "N", "Me"))


def odi(points: Points) -> float | None:
    """Overbite depth indicator: ∠(Me→Go, B→A) + the palatal plane's tip (Kim 1974).

    The tip is FH to PNS→ANS, negative where the palate rises in front.
    """
    return _sum((between(line(points, "Me", "Go"), line(points, "B", "A")), _palate(points)))


def apdi(points: Points) -> float | None:
    """Anteroposterior dysplasia indicator (Kim and Vietas 1978).

    Facial angle + A-B plane angle (positive where B lies ahead) + the palatal plane's tip.
    """
    return _sum(one(points) for one in (facial_angle, ab_plane, _palate))


def sn_gogn_unsigned(points: Points) -> float | None:
    """∠(S→N, Go→Gn) without its sign, as the ISBI challenge takes it."""
    return between(line(points, "S", "N"), line(points, "Go", "Gn"))


def incisor_gap(points: Points) -> float | None:
    """±‖U1 − L1‖, negative where U1 lies behind L1 on the film (ISBI 2015)."""
    gap = distance(points["U1"], points["L1"])
    if gap is None:
        return None
    return -gap if points["U1"][0] < points["L1"][0] else gap


def _palate(points: Points) -> float | None:
    return turn(line(points, "Po", "Or"), line(points, "PNS", "ANS"))


def _sum(parts: Iterable[float | None]) -> float | None:
    """Of all parts, or None where one is not defined."""
    total = 0.0
    for part in parts:
        if part is None:
            return None
        total += part
    return total
