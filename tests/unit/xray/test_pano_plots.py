"""Plots of an evaluation of panoramics: their figures by hand, and the command that writes them."""

import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from pipelines.pano.evaluation.annotation import AnnotatedPano
from pipelines.pano.evaluation.evaluate import Seen
from pipelines.pano.evaluation.metrics import score_teeth
from pipelines.pano.fdi import NUMBERS
from tests.unit.pipelines.test_pano_evaluation import square
from xray.cli import app
from xray.plots import pano_charts
from xray.plots.pano_records import STATUSES, PanoRecords

SIZE = (100, 400)
TRUE = {11: square(20, 10), 12: square(60, 10), 13: square(100, 10)}


def report(teeth, findings=()):
    """Teeth by number; a finding is (number, kind)."""
    present = [
        {
            "id": fdi, "status": "healthy", "confidence": 0.9, "polygon": line.tolist(),
            "findings": [{"type": kind} for number, kind in findings if number == fdi],
        }
        for fdi, line in teeth.items()
    ]  # fmt: skip
    rest = [{"id": fdi, "status": "missing", "confidence": 0.5} for fdi in NUMBERS
            if fdi not in teeth]  # fmt: skip
    return {"teeth": present + rest, "diseases": [], "restorations": []}


@pytest.fixture(scope="module")
def records():
    """One film: 11 is right, 12 got number 14, 13 was not found; 11 and 12 are filled."""
    read = {11: TRUE[11], 14: TRUE[12]}
    metal = tuple(("filling", square(x, 12, 8)) for x in (24, 64))
    film = AnnotatedPano("one", Path(), SIZE, tuple(TRUE.items()), metal)
    score = score_teeth(read, TRUE, [], SIZE)
    records = PanoRecords()
    records(Seen(film, b"", report(read, [(11, "filled")]), score, None))
    records(Seen(AnnotatedPano("two", Path(), SIZE), b"", report({}), None, (30, 10, 10)))
    return records


def words(drawing):
    root = ET.fromstring(drawing.document())  # noqa: S314  # our own
    return [text.text for text in root.iter("{http://www.w3.org/2000/svg}text")]


def test_what_is_collected(records):
    first, second = records.films
    assert first.numbers == [(11, 11), (12, 14), (13, None)]
    assert second.caries_dice == pytest.approx(0.5)
    assert second.teeth is None
    assert [seen.film.name for _, seen in records.worst_teeth] == ["one"]
    assert [seen.film.name for _, seen in records.worst_caries] == ["two"]


def test_statuses_are_told_from_the_outlines(records):
    counts = np.zeros((4, 4), dtype=int)
    for true, read in records.films[0].statuses:
        counts[true, read] += 1
    sound, filled, _, missing = range(len(STATUSES))
    assert counts[filled, filled] == 1  # 11
    assert counts[filled, missing] == 1  # 12, whose number was not read
    assert counts[sound, missing] == 1  # 13
    assert counts[missing, sound] == 1  # 14, which is not there
    assert counts.sum() == 32


def test_the_charts_say_it(records):
    assert "3 teeth · 1 with their number · 1 not found (last column) · 1 with another" in words(
        pano_charts.number_confusion(records)
    )
    bars = words(pano_charts.tooth_types(records))
    assert "central incisor" in bars
    assert "3 teeth" in bars
    assert any("91 % right" in line for line in words(pano_charts.status_confusion(records)))
    assert "0.500" in words(pano_charts.dice_by_film(records))
    assert any("2 teeth" in line for line in words(pano_charts.tooth_reliability(records)))


def test_the_command_writes_charts_overlays_and_a_page(tmp_path):
    folder = tmp_path / "plots"
    result = CliRunner().invoke(app, ["evaluate", "pano", "--drawn", "2", "--plots", str(folder)])

    assert result.exit_code == 0, result.output
    assert {path.name for path in folder.iterdir()} == {
        "tooth_types.svg", "dice_by_film.svg", "number_confusion.svg", "status_confusion.svg",
        "tooth_reliability.svg", "worst_teeth_1.jpg", "worst_teeth_2.jpg", "index.html",
    }  # fmt: skip
    page = (folder / "index.html").read_text(encoding="utf-8")
    ET.fromstring(page.removeprefix("<!DOCTYPE html>"))  # noqa: S314  # our own
    with Image.open(folder / "worst_teeth_1.jpg") as worst:
        assert worst.width > 1000
