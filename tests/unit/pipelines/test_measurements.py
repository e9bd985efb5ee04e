"""Angles against values worked out by hand."""

import math

import pytest

from pipelines.ceph.measurements import angle, measure

# Nasion at the origin, Sella straight behind it: the angle to a point below is its atan2.
FACE = {"S": (-65.0, 0.0), "N": (0.0, 0.0), "A": (-8.0, 57.0), "B": (-20.0, 92.0)}


@pytest.mark.parametrize(
    ("first", "vertex", "second", "degrees"),
    [
        ((1, 0), (0, 0), (0, 1), 90),
        ((1, 0), (0, 0), (0, -1), 90),
        ((1, 0), (0, 0), (-1, 0), 180),
        ((2, 2), (1, 1), (3, 3), 0),
        ((1, 0), (0, 0), (1, math.sqrt(3)), 60),
        ((1, 0), (0, 0), (-1, 1), 135),
    ],
)
def test_an_angle(first, vertex, second, degrees):
    assert angle(first, vertex, second) == pytest.approx(degrees)


def test_an_angle_without_a_ray_is_none():
    assert angle((1, 1), (1, 1), (2, 2)) is None


def test_steiners_angles():
    # atan(57/8) = 82.01°, atan(92/20) = 77.74°, each measured from the line to Sella.
    assert measure(FACE) == {"SNA": 82.0, "SNB": 77.7, "ANB": 4.3}


def test_anb_is_negative_where_the_lower_jaw_lies_ahead():
    ahead = FACE | {"B": (0.0, 92.0)}
    assert measure(ahead) == {"SNA": 82.0, "SNB": 90.0, "ANB": -8.0}


def test_a_turned_and_scaled_face_measures_the_same():
    turn = complex(math.cos(0.3), math.sin(0.3)) * 7.9
    turned = {}
    for name, point in FACE.items():
        moved = complex(*point) * turn
        turned[name] = (moved.real, moved.imag)
    assert measure(turned) == measure(FACE)


def test_what_geometry_does_not_define_is_none():
    assert measure(FACE | {"S": FACE["N"]}) == {"SNA": None, "SNB": None, "ANB": None}
    assert measure(FACE | {"B": FACE["N"]}) == {"SNA": 82.0, "SNB": None, "ANB": None}
