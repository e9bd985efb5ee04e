"""The measurements that 19 landmarks allow, each by the formula of who defined it.

Each maps points, a landmark's abbreviation → ``(x, y)`` in one square unit, y down, the face to the
right, to degrees, to a length in the unit of the points, or to a ratio; None where geometry defines
none. FH is the Frankfort horizontal Po→Or. Lines are directed, so that an angle is never its
supplement: FMA from Or→Po, seen in published code, would be 180° − FMA.
"""

from pipelines.ceph.analyses.formula import (
    along,
    between,
    corner,
    forward_length,
    interior,
    length,
    ratio,
    rounded,
    turn,
)

sna = corner("S", "N", "A")
"""SNA = ∠S-N-A: how far the upper jaw lies forward (Steiner 1953)."""

snb = corner("S", "N", "B")
"""SNB = ∠S-N-B: how far the lower jaw lies forward (Steiner 1953)."""

anb = rounded(sna, 1) - rounded(snb, 1)
"""ANB = SNA − SNB, negative where B lies ahead of A (Steiner 1953).

The difference of both as they are reported, at 0.1°, so that a report agrees with itself.
"""

sn_gogn = turn("S→N", "Go→Gn")
"""SN-GoGn: S→N to Go→Gn, positive where the lower jaw tips down in front (Steiner 1953)."""

facial_angle = between("Or→Po", "N→Pog")
"""Facial angle: FH to N-Pog, below and behind (Downs 1948)."""

convexity = turn("N→A", "A→Pog")
"""Angle of convexity: 180° − ∠N-A-Pog, positive where A lies ahead of N-Pog (Downs 1948)."""

ab_plane = -turn("N→Pog", "A→B")
"""A-B plane angle: N-Pog to A-B, negative where B lies behind A (Downs 1948)."""

y_axis = between("Po→Or", "S→Gn")
"""Y-axis: FH to S-Gn, below and in front (Downs 1948)."""

mandibular_plane = turn("Po→Or", "Go→Me")
"""Mandibular plane angle, FMA: FH to Go→Me, positive where it tips down in front.

Downs (1948) and Tweed (1954) draw a tangent to the lower border; with landmarks it is Go-Me.
"""

a_to_n_perpendicular = along("Po→Or", "N→A")
"""A to the perpendicular on FH through N, positive in front of it (McNamara 1984)."""

pog_to_n_perpendicular = along("Po→Or", "N→Pog")
"""Pog to the perpendicular on FH through N, positive in front of it (McNamara 1984)."""

lower_face_height = length("ANS→Me")
"""Lower anterior face height: |ANS-Me| (McNamara 1984)."""

saddle = interior("N", "S", "Ar")
"""Saddle angle: ∠N-S-Ar inside the polygon (Björk 1947)."""

articular = interior("S", "Ar", "Go")
"""Articular angle: ∠S-Ar-Go inside the polygon (Björk 1947)."""

gonial = interior("Ar", "Go", "Me")
"""Gonial angle: ∠Ar-Go-Me inside the polygon (Björk 1947)."""

bjork_sum = saddle + articular + gonial
"""Björk's sum: saddle + articular + gonial angle, 360° more than S→N to Go→Me."""

face_height_ratio = ratio("S→Go", "N→Me")
"""Posterior to anterior face height: |S-Go| / |N-Me| (Jarabak and Fizzell 1972)."""

_palate = turn("Po→Or", "PNS→ANS")
"""The palatal plane's tip: FH to PNS→ANS, negative where the palate rises in front."""

odi = between("Me→Go", "B→A") + _palate
"""Overbite depth indicator: ∠(Me→Go, B→A) + the palatal plane's tip (Kim 1974)."""

apdi = facial_angle + ab_plane + _palate
"""Anteroposterior dysplasia indicator (Kim and Vietas 1978).

Facial angle + A-B plane angle (positive where B lies ahead) + the palatal plane's tip.
"""

sn_gogn_unsigned = between("S→N", "Go→Gn")
"""∠(S→N, Go→Gn) without its sign, as the ISBI challenge takes it."""

incisor_gap = forward_length("L1→U1")
"""±‖U1 − L1‖, negative where U1 lies behind L1 on the film (ISBI 2015)."""
