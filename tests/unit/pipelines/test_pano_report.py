"""The rules of the report, on readings made by hand."""

import numpy as np
import pytest

from pipelines.canvas import Placement
from pipelines.film import Film
from pipelines.pano.fdi import NUMBERS, slot
from pipelines.pano.modules.caries.pre_post import Lesion
from pipelines.pano.modules.restorations.pre_post import Restoration
from pipelines.pano.modules.teeth.predictor import TeethReading, Tooth
from pipelines.pano.numbering import prevalence
from pipelines.pano.report import Evidence, report

CANVAS = (448, 896)
SCALE = 0.5  # canvas pixels per film pixel


def mask(x0, y0, x1, y1):
    out = np.zeros(CANVAS, dtype=bool)
    out[y0:y1, x0:x1] = True
    return out


def corner(fdi):
    """Upper left corner of a tooth's box on the canvas: 30 apart, 70 high, jaws 10 apart."""
    jaw, column = slot(fdi)
    return 200 + 30 * column, 150 + 80 * jaw


def tooth(fdi, down=0):
    x, y = corner(fdi)
    return Tooth(fdi, mask(x, y + down, x + 26, y + 70 + down), 0.9)


def outline(x0, y0, x1, y1):
    return np.array([[x0, y0], [x1, y0], [x1, y1], [x0, y1]]) / SCALE


def data(teeth, restorations=(), lesions=()):
    film = Film(np.zeros((896, 1792)), 1792, 896)
    reading = TeethReading(tuple(teeth), (), np.zeros((1, 1, 1)), Placement(SCALE, 0, 0))
    evidence = Evidence(film, reading, restorations, lesions, ((0, 0), (1, 1)), 0.9)
    return report(evidence, prevalence())


def statuses(content):
    return {one["id"]: one["status"] for one in content["teeth"]}


@pytest.fixture(scope="module")
def whole():
    return [tooth(fdi) for fdi in NUMBERS]


def test_all_32_positions_are_there_and_sound_teeth_are_healthy(whole):
    content = data(whole)
    assert [one["id"] for one in content["teeth"]] == list(NUMBERS)
    assert set(statuses(content).values()) == {"healthy"}
    assert content["diseases"] == []
    x, y = corner(11)
    expected = [(x - 0.5 + 0.5) / SCALE - 0.5, (y + 0.0) / SCALE - 0.5]
    box = next(one["box"] for one in content["teeth"] if one["id"] == 11)
    assert box[:2] == pytest.approx(expected, abs=0.6)
    assert box[2:] == pytest.approx([(x + 26) / SCALE - 0.5, (y + 70) / SCALE - 0.5], abs=0.6)


def test_what_is_not_found_is_missing_and_third_molars_more_surely(whole):
    content = data([one for one in whole if one.fdi not in (28, 36)])
    assert {k for k, v in statuses(content).items() if v == "missing"} == {28, 36}
    missing = {one["id"]: one for one in content["teeth"] if one["status"] == "missing"}
    assert "polygon" not in missing[28]
    assert missing[28]["confidence"] > missing[36]["confidence"] > 0.3
    assert {(one["type"], one["location"]) for one in content["diseases"]} == {
        ("missing", "tooth_28"), ("missing", "tooth_36")
    }  # fmt: skip


def test_a_filling_fills_the_tooth_that_it_lies_on(whole):
    x, y = corner(46)
    content = data(whole, [Restoration("filling", mask(x + 8, y, x + 18, y + 10), 0.8)])
    assert statuses(content)[46] == "filled"
    assert list(statuses(content).values()).count("filled") == 1
    assert content["restorations"][0]["type"] == "filling"


def test_a_narrow_one_is_a_crown_and_a_wide_one_a_bridge(whole):
    x, y = corner(35)
    crown = data(whole, [Restoration("bridge", mask(x, y, x + 26, y + 25), 0.8)])
    assert statuses(crown)[35] == "crown"
    bridge = data(whole, [Restoration("bridge", mask(x - 30, y, x + 56, y + 25), 0.8)])
    assert [statuses(bridge)[fdi] for fdi in (34, 35, 36)] == ["bridge"] * 3


@pytest.mark.parametrize("fdi", [36, 15])
def test_an_implant_takes_the_vacant_number_at_its_place(whole, fdi):
    rest = [one for one in whole if one.fdi not in (36, 37, 15, 14)]
    x, y = corner(fdi)
    content = data(rest, [Restoration("implant", mask(x + 8, y + 5, x + 16, y + 60), 0.7)])
    assert statuses(content)[fdi] == "implant"
    assert list(statuses(content).values()).count("missing") == 3
    entry = next(one for one in content["teeth"] if one["id"] == fdi)
    assert len(entry["polygon"]) >= 4


@pytest.mark.parametrize(("width", "severity"), [(4, "mild"), (10, "moderate"), (24, "severe")])
def test_caries_is_located_and_graded(whole, width, severity):
    x, y = corner(26)
    lesion = Lesion(outline(x + 1, y + 50, x + 1 + width, y + 50 + max(8, width)), 0.66)
    content = data(whole, lesions=[lesion])
    (disease,) = content["diseases"]
    assert disease["type"] == "caries"
    assert disease["location"] == "tooth_26"
    assert disease["severity"] == severity
    assert disease["confidence"] == 0.66
    assert statuses(content)[26] == "caries"


def test_caries_off_all_teeth_does_not_count(whole):
    content = data(whole, lesions=[Lesion(outline(20, 20, 40, 40), 0.9)])
    assert content["diseases"] == []


def test_a_crown_far_behind_the_others_is_impacted(whole):
    rest = [one for one in whole if one.fdi != 48]
    content = data([*rest, tooth(48, down=50)])
    assert statuses(content)[48] == "impacted"
    assert [one["type"] for one in content["diseases"]] == ["impacted"]
    assert statuses(data([*rest, tooth(48, down=15)]))[48] == "healthy"


def test_findings_name_all_that_the_status_leaves_out(whole):
    x, y = corner(46)
    content = data(
        whole,
        [Restoration("filling", mask(x + 8, y, x + 18, y + 10), 0.8)],
        [Lesion(outline(x, y + 20, x + 6, y + 30), 0.6)],
    )
    entry = next(one for one in content["teeth"] if one["id"] == 46)
    assert entry["status"] == "caries"
    assert {one["type"] for one in entry["findings"]} == {"caries", "filled"}
