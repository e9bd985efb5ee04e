"""Plots of an evaluation: their figures by hand, and the command that writes them."""

import re
import xml.etree.ElementTree as ET

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from pipelines.ceph.analyses import isbi
from pipelines.ceph.evaluation.evaluate import Case
from pipelines.ceph.landmarks import ABBREVIATIONS, LANDMARKS
from pipelines.ceph.synthetic import draw
from xray.cli import app
from xray.plots import charts
from xray.plots.records import Records
from xray.plots.svg import Axes, Drawing, ticks


def report(points, scale, confidence):
    named = {name: (x, y) for name, (x, y) in zip(ABBREVIATIONS, points.tolist(), strict=True)}
    return {
        "landmarks": [
            {"abbreviation": one.abbreviation, "x": x, "y": y, "confidence": confidence}
            for one, (x, y) in zip(LANDMARKS, named.values(), strict=True)
        ],
        "isbi": isbi.measure(named, scale),
    }


@pytest.fixture(scope="module")
def records():
    """Two films: all points off by 1 mm on one, by 2.9 mm on the other; one film trained on."""
    records = Records()
    film = draw(1, (268, 334))
    for name, mm, confidence in (("near", 1.0, 0.95), ("far", 2.9, 0.45)):
        shift = (mm / film.mm_per_px, 0)
        case = Case(b"", film.landmarks, film.mm_per_px, name=name)
        records(case, report(film.landmarks + shift, film.mm_per_px, confidence))
    records(Case(b"", film.landmarks, film.mm_per_px, trained_on=True), {})
    return records


def marks(drawing, kind):
    root = ET.fromstring(drawing.document())  # noqa: S314  # our own
    return root.findall(f"{{*}}{kind}")


def words(drawing):
    return " | ".join(text.text for text in marks(drawing, "text"))


def test_what_is_collected(records):
    assert [film.name for film in records.films] == ["near", "far"]
    assert np.allclose(records.errors_mm(), [[1.0] * 19, [2.9] * 19])
    assert [bad.case.name for bad in records.worst] == ["far", "near"]


def test_the_curve_gives_the_share_at_each_threshold(records):
    text = words(charts.cumulative_error(records))

    assert "≤ 2 mm: 50.0 %" in text
    assert "≤ 3 mm: 100.0 %" in text


def test_agreement_of_angles(records):
    # All points moved together: angles are as they were.
    text = words(charts.bland_altman(records))

    assert text.count("+0.00°") >= 3
    assert "SNA: difference, °" in text


def test_classes(records):
    assert words(charts.confusion(records)).count("100 % right") == 8


def test_reliability(records):
    # 19 points said 0.95 and all near, 19 said 0.45 and none near: (0.05 + 0.45) / 2.
    text = words(charts.reliability(records))

    assert "mean gap 25.0 %" in text
    assert text.count("n = 19") == 2


def test_every_landmark_has_its_row(records):
    drawing = charts.landmark_errors(records)
    rows = [text.text for text in marks(drawing, "text")]
    dots = marks(drawing, "circle")

    assert [name for name in rows if name in ABBREVIATIONS] == list(ABBREVIATIONS)
    assert len(dots) == 2 * 19
    # Two films, so two dots after one another in each of the rows.
    middles = [
        (float(a.get("cy")) + float(b.get("cy"))) / 2
        for a, b in zip(dots[::2], dots[1::2], strict=True)
    ]
    assert np.allclose(np.diff(middles), 26, atol=15)


def test_axes_and_ticks():
    axes = Axes(Drawing(100, 100, ""), (10, 10), (90, 90), (0, 4), (0, 2))

    assert axes.at(0, 0) == (10, 90)
    assert axes.at(4, 2) == (90, 10)
    assert axes.at(9, -1) == (90, 90)
    assert list(ticks((0, 8))) == [0, 2, 4, 6, 8]
    assert list(ticks((-1.2, 1.2))) == [-1, -0.5, 0, 0.5, 1]


def test_the_command_writes_charts_overlays_and_a_page(tmp_path):
    folder = tmp_path / "plots"
    result = CliRunner().invoke(app, ["evaluate", "ceph", "--drawn", "2", "--plots", str(folder)])

    assert result.exit_code == 0, result.output
    assert {path.name for path in folder.iterdir()} == {
        "landmark_errors.svg", "cumulative_error.svg", "bland_altman.svg", "confusion.svg",
        "reliability.svg", "worst_1.jpg", "worst_2.jpg", "index.html",
    }  # fmt: skip
    page = (folder / "index.html").read_text(encoding="utf-8")
    root = ET.fromstring(page.removeprefix("<!DOCTYPE html>"))  # noqa: S314  # our own
    assert len(list(root.iter("{http://www.w3.org/2000/svg}svg"))) == 5
    captions = [figure.text for figure in root.iter("figcaption")]
    errors = [float(re.search(r": ([\d.]+) mm", caption)[1]) for caption in captions]
    assert errors == sorted(errors, reverse=True)
    with Image.open(folder / "worst_1.jpg") as worst:
        assert worst.width > worst.height


def test_no_film_no_plots(tmp_path):
    (tmp_path / "001.txt").write_text("1,1\n" * 19)
    (tmp_path / "001.png").write_bytes(b"no film")
    result = CliRunner().invoke(
        app, ["evaluate", "ceph", str(tmp_path), "--plots", str(tmp_path / "plots")]
    )

    assert result.exit_code == 2
    assert "no plots" in result.stderr
    assert not (tmp_path / "plots").exists()
