"""The page measures with the pipelines' own definitions: both must say the same."""

import math
import random

import pytest

from pipelines.ceph.analyses import Sex, analyse
from pipelines.ceph.landmarks import ABBREVIATIONS
from tests.unit.pipelines.ceph_faces import FACE, moved

MEASURE = """async (cases) => {
    const { analyse } = await import("/js/ceph/measure.js");
    const { ceph } = await (await fetch("/definitions.json")).json();
    return cases.map(({ points, scale, sex }) => analyse(ceph, points, scale, sex));
}"""
CORRECT = """async ([report, moved]) => {
    const { correct } = await import("/js/ceph/correction.js");
    const { ceph } = await (await fetch("/definitions.json")).json();
    return correct(report, moved, ceph);
}"""
ROUND = """async (values) => {
    const { round } = await import("/js/ceph/measure.js");
    return values.map(([value, decimals]) => round(value, decimals));
}"""


def faces(count: int, seed: int) -> list[dict[str, tuple[float, float]]]:
    """Faces of all sizes and tilts; in some, landmarks lie on one another."""
    chance = random.Random(seed)
    found = []
    for _ in range(count):
        spread = chance.choice([0.5, 3.0, 9.0, 40.0])
        points = {
            name: (x + chance.gauss(0, spread), y + chance.gauss(0, spread))
            for name, (x, y) in moved(
                FACE, chance.uniform(-180, 180), chance.uniform(0.2, 15)
            ).items()
        }
        for _ in range(chance.choice([0, 0, 1, 4])):
            one, other = chance.sample(ABBREVIATIONS, 2)
            points[one] = points[other]
        found.append(points)
    return found


def same(found, expected, where=""):
    if isinstance(expected, dict):
        assert list(found) == list(expected), where
        for key, value in expected.items():
            same(found[key], value, f"{where}/{key}")
    elif isinstance(expected, list):
        assert len(found) == len(expected), where
        for index, value in enumerate(expected):
            same(found[index], value, f"{where}/{index}")
    elif isinstance(expected, float):
        assert found == pytest.approx(expected, abs=1e-6), where
    else:
        assert found == expected, where


def test_browser_and_pipeline_measure_the_same(desk, bare):
    chance = random.Random(4)
    cases = [
        {"points": face, "scale": chance.choice([None, 1.0, 0.1]),
         "sex": chance.choice([None, "female", "male"])}
        for face in [FACE, *faces(600, seed=3)]
    ]  # fmt: skip
    one = desk(bare)
    one.answer([])
    page = one.open()
    nulls = 0
    for case, found in zip(cases, page.evaluate(MEASURE, cases), strict=True):
        sex = Sex(case["sex"]) if case["sex"] else None
        expected = analyse(case["points"], case["scale"], sex)
        same(found, expected)
        nulls += sum(value is None for value in expected["measurements"].values())
    assert nulls > 100, "some of the faces must lack some of the measures"


def test_browser_rounds_as_the_pipeline_does(desk, bare):
    chance = random.Random(5)
    values = [(n / 16, decimals) for n in range(-200, 201) for decimals in (1, 3)]
    values += [(chance.uniform(-400, 400), decimals) for _ in range(2000) for decimals in (1, 3)]
    values += [(round(chance.uniform(-9, 9), 2), 1) for _ in range(500)]
    one = desk(bare)
    one.answer([])
    page = one.open()
    for (value, decimals), found in zip(values, page.evaluate(ROUND, values), strict=True):
        assert math.isclose(found, round(value, decimals), abs_tol=1e-12), (value, decimals)


def mirrored(report):
    """The same film, looking to the left."""
    width = report["image"]["width"]
    turned = [one | {"x": width - 1 - one["x"]} for one in report["landmarks"]]
    return report | {"landmarks": turned, "image": report["image"] | {"facing": "left"}}


@pytest.mark.parametrize("facing", ["right", "left"])
def test_a_corrected_report_is_that_of_the_moved_points(desk, bare, reports, facing):
    report = reports["ceph"] if facing == "right" else mirrored(reports["ceph"])
    way = 1 if facing == "right" else -1
    at = {one["abbreviation"]: (one["x"], one["y"]) for one in report["landmarks"]}
    moved = {"Me": (at["Me"][0] + 21.5, at["Me"][1] + 30.0)}
    pitch = report["image"]["pixelSpacing"][0]
    points = {name: (way * x * pitch, y * pitch) for name, (x, y) in (at | moved).items()}
    expected = analyse(points, 1.0, Sex.FEMALE)

    one = desk(bare)
    one.answer([])
    found = one.open().evaluate(CORRECT, [report, moved])
    for name in ("FHI", "ODI"):
        same(found["isbi"][name], expected["isbi"][name], name)
        assert found["isbi"][name] != report["isbi"][name]
    for name in ("SNA", "SNB", "ANB", "APDI", "FHA", "MW"):
        assert found["isbi"][name] == report["isbi"][name], "as the service measured it"
    by_name = {
        one["name"]: one for analysis in expected["analyses"] for one in analysis["measurements"]
    }
    for analysis in found["analyses"]:
        for one in analysis["measurements"]:
            if one["name"] in ("ANS-Me", "FMA", "mandibular plane", "Ar-Go-Me", "sum", "S-Go/N-Me"):
                same(one, by_name[one["name"]], one["name"])
    assert found["growthPattern"] == expected["growthPattern"]
    assert found["skeletalClass"] == report["skeletalClass"]
