"""Constructed faces whose measurements are known, and measurements by other formulas."""

import cmath
import math

# In millimetres, y down, looking right; the Frankfort horizontal Po-Or is level. Made up: none is
# the mean of a collection.
FACE = {
    "S": (0.0, 0.0), "N": (68.0, -8.0), "Or": (56.0, 22.0), "Po": (-22.0, 22.0),
    "A": (66.0, 50.0), "B": (58.0, 88.0), "Pog": (58.0, 103.0), "Me": (50.0, 110.0),
    "Gn": (55.0, 108.0), "Go": (-10.0, 78.0), "L1": (66.0, 71.0), "U1": (69.0, 73.0),
    "UL": (83.0, 66.0), "LL": (80.0, 78.0), "Sn": (79.0, 53.0), "Pog'": (70.0, 103.0),
    "PNS": (17.0, 45.0), "ANS": (68.0, 46.0), "Ar": (-16.0, 31.0),
}  # fmt: skip


def moved(points, turn_deg=0.0, scale=1.0, shift=(0.0, 0.0)):
    """The face turned, scaled and shifted."""
    factor = cmath.rect(scale, math.radians(turn_deg))
    turned = {name: complex(*point) * factor + complex(*shift) for name, point in points.items()}
    return {name: (point.real, point.imag) for name, point in turned.items()}


def by_the_table(points):
    """The eight measures as the challenge's table writes them, with cosines and explicit signs."""

    def vector(first, second):
        return tuple(b - a for a, b in zip(points[first], points[second], strict=True))

    def corner(u, v):
        cosine = (u[0] * v[0] + u[1] * v[1]) / math.dist(u, (0, 0)) / math.dist(v, (0, 0))
        return math.degrees(math.acos(max(-1.0, min(1.0, cosine))))

    def cross(u, v):
        return u[0] * v[1] - u[1] * v[0]

    s_n, n_s, n_a, n_b = vector("S", "N"), vector("N", "S"), vector("N", "A"), vector("N", "B")
    frankfort, palate = vector("Po", "Or"), vector("PNS", "ANS")
    face, jaws = vector("N", "Pog"), vector("A", "B")
    sigma_1 = -1 if cross(frankfort, palate) < 0 else 1
    sigma_2 = -1 if cross(face, jaws) > 0 else 1
    sign = -1 if points["U1"][0] < points["L1"][0] else 1
    return {
        "SNA": corner(n_s, n_a),
        "SNB": corner(n_s, n_b),
        "ANB": corner(n_s, n_a) - corner(n_s, n_b),
        "ODI": corner(vector("Me", "Go"), vector("B", "A")) + sigma_1 * corner(frankfort, palate),
        "APDI": corner(vector("Or", "Po"), face)
        + sigma_2 * corner(face, jaws)
        + sigma_1 * corner(frankfort, palate),
        "FHI": math.dist(points["S"], points["Go"]) / math.dist(points["N"], points["Me"]),
        "FHA": corner(s_n, vector("Go", "Gn")),
        "MW": sign * math.dist(points["U1"], points["L1"]),
    }
