"""Analyses against values worked out by hand and against independently written formulas."""

import json
import math

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.ceph.analyses import Sex, analyse, clinical, definitions, formulas, isbi
from pipelines.ceph.analyses.geometry import along, angle, between, distance, interior, ratio, turn
from pipelines.ceph.analyses.norms import ANALYSES, NOT_MEASURABLE
from pipelines.ceph.landmarks import ABBREVIATIONS
from tests.unit.pipelines.ceph_faces import FACE, by_the_table, moved

DEGREES = [
    formulas.sna, formulas.snb, formulas.sn_gogn, formulas.facial_angle, formulas.convexity,
    formulas.ab_plane, formulas.y_axis, formulas.mandibular_plane, formulas.saddle,
    formulas.articular, formulas.gonial, formulas.odi, formulas.apdi, formulas.sn_gogn_unsigned,
    formulas.face_height_ratio,
]  # fmt: skip
LENGTHS = [
    formulas.a_to_n_perpendicular, formulas.pog_to_n_perpendicular, formulas.lower_face_height
]  # fmt: skip

FACES = st.fixed_dictionaries(
    {
        name: st.tuples(
            st.floats(x - 9, x + 9, allow_nan=False), st.floats(y - 9, y + 9, allow_nan=False)
        )
        for name, (x, y) in FACE.items()
    }
)


def found(report, analysis, name):
    (group,) = [one for one in report["analyses"] if one["name"] == analysis]
    (row,) = [one for one in group["measurements"] if one["name"] == name]
    return row


def put(sna=82.0, snb=80.0):
    """A face with these angles: S straight behind N, A and B at their angles below it."""
    return FACE | {
        "S": (0.0, 0.0), "N": (68.0, 0.0),
        "A": (68.0 - 58 * math.cos(math.radians(sna)), 58 * math.sin(math.radians(sna))),
        "B": (68.0 - 96 * math.cos(math.radians(snb)), 96 * math.sin(math.radians(snb))),
    }  # fmt: skip


# --- geometry


@pytest.mark.parametrize(
    ("second", "degrees"),
    [((1, 0), 0), ((1, 1), 45), ((0, 1), 90), ((-1, 1), 135), ((-1, 0), 180), ((0, -1), -90)],
)
def test_a_turn_is_positive_clockwise_as_the_film_is_seen(second, degrees):
    assert turn(((0, 0), (5, 0)), ((3, 3), (3 + second[0], 3 + second[1]))) == degrees
    assert between(((0, 0), (5, 0)), ((0, 0), second)) == abs(degrees)


def test_angles_of_corners():
    assert angle((1, 0), (0, 0), (1, math.sqrt(3))) == pytest.approx(60)
    assert angle((1, 0), (0, 0), (1, -math.sqrt(3))) == pytest.approx(60)
    assert interior((0, -1), (0, 0), (1, 0)) == pytest.approx(90)
    assert interior((0, -1), (0, 0), (-1, 0)) == pytest.approx(270)


def test_lengths():
    assert distance((1, 1), (4, 5)) == 5
    assert ratio(((0, 0), (3, 4)), ((0, 0), (0, 10))) == 0.5
    assert along(((0, 0), (7, 0)), ((2, 2), (5, 9))) == 3
    assert along(((7, 0), (0, 0)), ((2, 2), (5, 9))) == -3


@pytest.mark.parametrize("nothing", [(2.0, 2.0), (math.nan, 1.0), (math.inf, 1.0)])
def test_what_geometry_does_not_define_is_none(nothing):
    line, none = ((0.0, 0.0), (1.0, 0.0)), ((2.0, 2.0), nothing)
    assert turn(line, none) is None
    assert turn(none, line) is None
    assert angle((0.0, 0.0), (2.0, 2.0), nothing) is None
    assert interior((0.0, 0.0), (2.0, 2.0), nothing) is None
    assert ratio(line, none) is None
    assert along(none, line) is None


def test_very_large_coordinates_do_not_overflow():
    assert turn(((0, 0), (1e200, 0)), ((0, 0), (0, 1e200))) == pytest.approx(90)
    assert distance((-1e308, 0), (1e308, 0)) is None


# --- the formulas


def test_the_constructed_face_by_hand():
    report = analyse(FACE, 1.0)

    # FH is level: slopes to it are atan of rise over run.
    assert found(report, "Tweed", "FMA")["value"] == 28.1  # atan(32 / 60)
    assert found(report, "Downs", "mandibular plane")["value"] == 28.1
    assert found(report, "Downs", "facial angle")["value"] == 84.9  # 90 − atan(10 / 111)
    assert found(report, "Downs", "Y-axis")["value"] == 63.0  # atan(108 / 55)
    # N→A leans back by atan(2/58) = 1.97°, A→Pog by atan(8/53) = 8.58°.
    assert found(report, "Downs", "convexity")["value"] == 6.6
    # A→B leans back by atan(8/38) = 11.89°, N→Pog by atan(10/111) = 5.15°.
    assert found(report, "Downs", "A-B plane")["value"] == -6.7
    assert found(report, "McNamara", "A to N-perpendicular")["value"] == -2.0
    assert found(report, "McNamara", "Pog to N-perpendicular")["value"] == -10.0
    assert found(report, "McNamara", "ANS-Me")["value"] == 66.5  # √(18² + 64²)
    # Go→Gn falls by atan(30/65) = 24.78°, S→N rises by atan(8/68) = 6.71°.
    assert found(report, "Steiner", "SN-GoGn")["value"] == 31.5
    # √(10² + 78²) / √(18² + 118²)
    assert found(report, "Björk–Jarabak", "S-Go/N-Me")["value"] == 0.659
    # At S: 6.71° above level in front, 62.70° below level behind: 180 + 6.71 − 62.70.
    assert found(report, "Björk–Jarabak", "N-S-Ar")["value"] == 124.0
    # At Ar: S lies atan(16/31) = 27.30° in front of up, Go atan(6/47) = 7.28° in front of down.
    assert found(report, "Björk–Jarabak", "S-Ar-Go")["value"] == 145.4
    assert report["measurements"]["MW"] == 3.6  # √(3² + 2²)


@given(FACES)
def test_the_eight_measures_agree_with_the_table(face):
    expected = by_the_table(face)
    for one in isbi.MEASURES:
        tolerance = 0.11 if one.name == "ANB" else 1e-4  # ANB is of rounded angles
        assert one.formula(face) == pytest.approx(expected[one.name], abs=tolerance)


@given(FACES)
def test_bjorks_polygon_closes(face):
    parts = [one(face) for one in (formulas.saddle, formulas.articular, formulas.gonial)]
    tilt = turn((face["S"], face["N"]), (face["Go"], face["Me"]))
    assert sum(parts) == pytest.approx(360 + tilt)
    assert formulas.bjork_sum(face) == pytest.approx(sum(parts))


@given(FACES)
def test_downs_convexity_is_180_less_the_corner_and_signed_by_the_side_of_a(face):
    corner = angle(face["N"], face["A"], face["Pog"])
    (n_x, n_y), (a_x, a_y), (p_x, p_y) = face["N"], face["A"], face["Pog"]
    ahead = a_x - (n_x + (p_x - n_x) * (a_y - n_y) / (p_y - n_y))
    assert formulas.convexity(face) == pytest.approx(math.copysign(180 - corner, ahead), abs=1e-4)


@given(FACES, st.floats(-15, 15), st.floats(0.1, 20), st.tuples(*[st.floats(-500, 500)] * 2))
def test_a_turned_scaled_and_shifted_face_measures_the_same(face, turned, scale, shift):
    other = moved(face, turned, scale, shift)
    for one in DEGREES:
        assert one(other) == pytest.approx(one(face), abs=1e-4)
    for one in LENGTHS:
        assert one(other) == pytest.approx(one(face) * scale, abs=1e-4 * scale)


@given(FACES)
def test_what_a_mirror_shows_is_another_face_until_it_is_mirrored_back(face):
    mirrored = {name: (1000 - x, y) for name, (x, y) in face.items()}
    back = {name: (1000 - x, y) for name, (x, y) in mirrored.items()}
    for one in DEGREES + LENGTHS:
        assert one(back) == pytest.approx(one(face), abs=1e-4)
    assert formulas.a_to_n_perpendicular(mirrored) == pytest.approx(
        formulas.a_to_n_perpendicular(face), abs=1e-4
    ), "lengths along Po-Or go with the face"
    assert formulas.mandibular_plane(mirrored) == pytest.approx(-formulas.mandibular_plane(face))


# --- signs


def test_signs():
    assert formulas.ab_plane(FACE | {"B": (63.0, 88.0)}) > 0 > formulas.ab_plane(FACE)
    assert formulas.convexity(FACE | {"A": (58.0, 50.0)}) < 0 < formulas.convexity(FACE)
    assert formulas.mandibular_plane(FACE | {"Me": (50.0, 70.0)}) < 0
    assert formulas.a_to_n_perpendicular(FACE | {"A": (70.0, 50.0)}) == 2
    risen = FACE | {"ANS": (68.0, 40.0)}
    tip = math.degrees(math.atan(5 / 51) + math.atan(1 / 51))
    assert formulas.odi(FACE) - formulas.odi(risen) == pytest.approx(tip)
    assert formulas.apdi(FACE) - formulas.apdi(risen) == pytest.approx(tip)
    assert formulas.anb(put(78.0, 80.0)) == pytest.approx(-2.0)
    assert formulas.incisor_gap(FACE | {"U1": (63.0, 67.0)}) == -5


# --- the challenge's classes


@pytest.mark.parametrize(
    ("name", "value", "number"),
    [
        ("ANB", 3.2, 1), ("ANB", 5.7, 1), ("ANB", 5.8, 2), ("ANB", 3.1, 3),
        ("SNB", 74.6, 1), ("SNB", 78.7, 1), ("SNB", 74.5, 2), ("SNB", 78.8, 3),
        ("SNA", 79.4, 1), ("SNA", 83.2, 1), ("SNA", 83.3, 2), ("SNA", 79.3, 3),
        ("ODI", 68.4, 1), ("ODI", 80.5, 1), ("ODI", 80.6, 2), ("ODI", 68.3, 3),
        ("APDI", 77.6, 1), ("APDI", 85.2, 1), ("APDI", 77.5, 2), ("APDI", 85.3, 3),
        ("FHI", 0.65, 1), ("FHI", 0.75, 1), ("FHI", 0.751, 2), ("FHI", 0.649, 3),
        ("FHA", 26.8, 1), ("FHA", 31.4, 1), ("FHA", 31.5, 2), ("FHA", 26.7, 3),
        ("MW", 2.0, 1), ("MW", 4.5, 1), ("MW", 0.0, 2), ("MW", -0.1, 3), ("MW", 0.1, 3),
        ("MW", 1.9, 3), ("MW", 4.6, 4),
    ],
)  # fmt: skip
def test_classes_and_their_bounds(name, value, number):
    (one,) = [one for one in isbi.MEASURES if one.name == name]
    assert one.classify(value)[0] == number


@pytest.mark.parametrize(
    ("upper", "gap", "reading"),
    [
        ((69.0, 71.0), 3.0, "normal overjet"),
        ((63.0, 71.0), -3.0, "anterior crossbite"),
        ((66.0, 71.0), 0.0, "edge to edge"),
        ((65.99, 71.0), 0.0, "edge to edge"),
        ((67.0, 71.0), 1.0, "small overjet"),
        ((72.0, 71.0), 6.0, "large overjet"),
    ],
)
def test_incisors(upper, gap, reading):
    mw = analyse(FACE | {"U1": upper}, 1.0)["isbi"]["MW"]
    assert (mw["value"], mw["reading"]) == (gap, reading)
    assert math.copysign(1, mw["value"]) == (1 if gap >= 0 else -1)


def test_words_of_the_classes():
    retro = analyse(put(sna=78.0, snb=72.0), 1.0)["isbi"]
    assert retro["ANB"] == {
        "value": 6.0, "unit": "deg", "class": 2, "reading": "skeletal class II",
    }  # fmt: skip
    assert retro["SNB"]["reading"] == "retrognathic mandible"
    assert retro["SNA"]["reading"] == "retrognathic maxilla"


# --- clinical


@pytest.mark.parametrize(
    ("difference", "name"), [(-0.1, "III"), (0.0, "I"), (4.0, "I"), (4.1, "II"), (-9.0, "III")]
)
def test_skeletal_class(difference, name):
    report = analyse(put(sna=80.0, snb=80.0 - difference))
    assert report["skeletalClass"] == name
    assert report["measurements"]["ANB"] == pytest.approx(difference)


def test_the_clinical_class_is_not_the_challenges():
    report = analyse(put(sna=82.0, snb=79.0))
    assert report["skeletalClass"] == "I"
    assert report["isbi"]["ANB"]["class"] == 3


@pytest.mark.parametrize(
    ("down", "pattern"),
    [
        (0, "horizontal"), (29.9, "horizontal"), (30, "normal"), (42, "normal"),
        (42.1, "vertical"),
    ],
)  # fmt: skip
def test_growth_pattern_by_bjorks_sum(down, pattern):
    """Me is placed so that Go→Me falls by ``down`` degrees from a level S→N: a sum of 360 + it."""
    turned = FACE | {"N": (68.0, 0.0)}
    x, y = turned["Go"]
    slope = math.radians(down)
    face = turned | {"Me": (x + 70 * math.cos(slope), y + 70 * math.sin(slope))}
    report = analyse(face)
    assert found(report, "Björk–Jarabak", "sum")["value"] == 360 + down
    assert report["growthPattern"] == pattern


def test_growth_pattern_by_heights_where_the_sum_is_not_defined():
    for go, pattern in ((60.0, "vertical"), (75.0, "normal"), (90.0, "horizontal")):
        face = FACE | {"Go": (0.0, go), "Ar": (0.0, go)}
        assert analyse(face)["growthPattern"] == pattern


def test_norms_and_z_scores():
    report = analyse(put(sna=86.0, snb=77.0), 1.0, Sex.MALE)
    assert found(report, "Steiner", "SNA") == {
        "name": "SNA", "value": 86.0, "unit": "deg", "norm": 82.0, "sd": 2.0,
        "range": [80.0, 84.0], "z": 2.0, "reading": "prognathic maxilla",
    }  # fmt: skip
    assert found(report, "Steiner", "SNB")["z"] == -1.5
    assert found(report, "Steiner", "SNB")["reading"] == "retrognathic mandible"
    assert found(report, "Downs", "mandibular plane")["z"] is None
    assert found(report, "Downs", "mandibular plane")["range"] == [17.0, 28.0]
    assert found(report, "McNamara", "A to N-perpendicular")["norm"] is None
    assert found(report, "McNamara", "A to N-perpendicular")["value"] is not None


def test_norms_by_sex():
    by_sex = {sex: found(analyse(FACE, 1.0, sex), "McNamara", "ANS-Me") for sex in (None, *Sex)}
    assert (by_sex[None]["norm"], by_sex[None]["z"], by_sex[None]["reading"]) == (None, None, None)
    # 66.7 ± 4.1 and 74.6 ± 5.0 mm on films enlarged by 8 %.
    assert (by_sex[Sex.FEMALE]["norm"], by_sex[Sex.FEMALE]["sd"]) == (61.8, 3.8)
    assert (by_sex[Sex.MALE]["norm"], by_sex[Sex.MALE]["sd"]) == (69.1, 4.6)
    assert by_sex[Sex.FEMALE]["reading"] == "long lower face"
    assert by_sex[Sex.MALE]["reading"] == "normal lower face height"


def test_bands_are_read_with_their_bounds():
    for analysis in ANALYSES:
        for one in analysis.measures:
            norm = one.norm_of(Sex.FEMALE)
            if norm is None:
                continue
            low, usual, high = one.readings
            for value, words in (
                (norm.low - 0.01, low), (norm.low, usual), (norm.high, usual),
                (norm.high + 0.01, high),
            ):  # fmt: skip
                assert clinical._words(one, value, norm) == words


# --- the report


def test_lengths_need_a_scale_and_angles_none():
    without, with_scale = analyse(FACE), analyse(moved(FACE, scale=10), 0.1)
    reasons = {one["name"]: one["reason"] for one in without["notMeasured"]}

    lengths = {"MW", "A to N-perpendicular", "Pog to N-perpendicular", "ANS-Me"}
    assert {name for name, why in reasons.items() if "scale" in why} == lengths
    assert without["measurements"]["MW"] is None
    assert without["isbi"]["MW"] == {"value": None, "unit": "mm", "class": None, "reading": None}
    for name, value in without["measurements"].items():
        assert name == "MW" or value == pytest.approx(with_scale["measurements"][name])
    assert with_scale["measurements"]["MW"] == 3.6
    assert [one["name"] for one in with_scale["notMeasured"]] == list(NOT_MEASURABLE)


def test_measurements_stay_a_flat_map():
    report = analyse(FACE, 1.0)
    assert list(report["measurements"]) == [
        "SNA", "SNB", "ANB", "ODI", "APDI", "FHI", "FHA", "MW"
    ]  # fmt: skip
    assert all(isinstance(value, float) for value in report["measurements"].values())
    for name in ("SNA", "SNB", "ANB"):
        assert report["measurements"][name] == found(report, "Steiner", name)["value"]


@settings(max_examples=60)
@given(
    st.fixed_dictionaries(
        {
            name: st.tuples(*[st.sampled_from([0.0, 1.0, -3.5, 1e300, math.nan, math.inf])] * 2)
            for name in ABBREVIATIONS
        }
    ),
    st.sampled_from([None, 0.1]),
)
def test_no_points_make_it_fail_or_give_what_is_no_json(face, scale):
    report = analyse(face, scale)
    json.dumps(report, allow_nan=False)
    reasons = {one["name"]: one["reason"] for one in report["notMeasured"]}
    for name, value in report["measurements"].items():
        assert (value is None) == (name in reasons)


def test_points_on_one_another_are_said_to_be_the_reason():
    report = analyse(FACE | {"S": FACE["N"]}, 1.0)
    reasons = {one["name"]: one["reason"] for one in report["notMeasured"]}

    assert report["measurements"]["SNA"] is None
    assert report["skeletalClass"] is None
    assert "lie on one another" in reasons["SNA"]
    assert found(report, "Steiner", "SNA")["z"] is None
    assert found(report, "Steiner", "SNA")["reading"] is None
    assert found(report, "Tweed", "FMA")["value"] == 28.1


# --- the definitions as data; tests/browser evaluates them


def ends(formula):
    """Every landmark that a formula names."""
    if "of" in formula:
        return {name for one in formula["of"] for name in ends(one)}
    return {name for line in formula["lines"] for name in line}


def test_definitions_name_what_a_report_has():
    data = json.loads(json.dumps(definitions(), allow_nan=False))
    report = analyse(FACE, 1.0, Sex.MALE)
    assert [one["name"] for one in data["isbi"]] == list(report["isbi"])
    for defined, analysis in zip(data["analyses"], report["analyses"], strict=True):
        assert defined["name"] == analysis["name"]
        for one, found in zip(defined["measurements"], analysis["measurements"], strict=True):
            assert (one["name"], one["unit"]) == (found["name"], found["unit"])
            norm = one["norms"]["male"]
            assert (norm and [norm["low"], norm["high"]]) == found["range"]
            assert ends(one["formula"]) <= set(ABBREVIATIONS)


def test_a_formula_names_every_landmark_that_changes_it():
    for one in definitions()["isbi"]:
        for name, (x, y) in FACE.items():
            before = analyse(FACE, 1.0)["isbi"][one["name"]]["value"]
            after = analyse(FACE | {name: (x + 7.0, y + 4.0)}, 1.0)["isbi"][one["name"]]["value"]
            assert before == after or name in ends(one["formula"]), (one["name"], name)
