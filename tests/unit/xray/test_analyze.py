"""``xray analyze``: what it finds, writes, keeps, and says when a film cannot be read."""

import csv
import io
import json
import os
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from urllib.parse import unquote

import pytest
from PIL import Image
from typer.testing import CliRunner

from pipelines.ceph.synthetic import draw
from pipelines.registry import TASK_TYPES, TaskType
from tests.unit.xray.toy_pipeline import CRASH, INTERRUPT, WRONG, ToyPipeline
from xray.cli import app


@pytest.fixture
def read(monkeypatch):
    """What the toy pipeline has read, since the test looked last."""
    toy = TaskType(name="toy", pipeline="tests.unit.xray.toy_pipeline:ToyPipeline")
    monkeypatch.setitem(TASK_TYPES, "toy", toy)
    monkeypatch.setattr(ToyPipeline, "read", [])

    def since() -> list[int]:
        done = list(ToyPipeline.read)
        ToyPipeline.read.clear()
        return done

    return since


@pytest.fixture
def analyze(tmp_path):
    out, models = tmp_path / "out", tmp_path / "models"
    (models / "toy").mkdir(parents=True)

    def run(*words):
        options = ["--type", "toy", "--out", out, "--models", models]
        return CliRunner().invoke(app, ["analyze", *map(str, (*words, *options))])

    return run


def film(path: Path, grey: int) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", (80, 100), grey).save(path, "PNG")
    return path


def report(folder: Path, name: str) -> dict:
    return json.loads((folder / "out" / f"{name}.json").read_text())


def summary(folder: Path) -> list[dict[str, str]]:
    text = (folder / "out" / "summary.csv").read_text(encoding="utf-8-sig")
    return list(csv.DictReader(io.StringIO(text)))


def test_every_film_of_a_folder_gets_report_overlay_row_and_place_on_the_page(
    tmp_path, analyze, read
):
    films = tmp_path / "films"
    film(films / "one.png", 100)
    film(films / "left" / "same.png", 110)
    film(films / "right" / "same.png", 120)
    film(films / "not-named-as-one", 130)
    (films / "notes.txt").write_text("no film")
    film(films / ".hidden.png", 140)

    result = analyze(films)

    assert result.exit_code == 0, result.output
    assert "notes.txt: no film" in result.stderr
    names = ["left/same.png", "not-named-as-one", "one.png", "right/same.png"]
    assert [row["film"] for row in summary(tmp_path)] == names
    assert [row["grey"] for row in summary(tmp_path)] == ["110", "130", "100", "120"]
    assert sorted(read()) == [100, 110, 120, 130]
    written = report(tmp_path, "left/same.png")
    assert (written["film"], written["taskType"]) == ("left/same.png", "toy")
    assert (written["data"]["measurements"]["grey"], written["error"]) == (110, None)
    assert written["models"] == {"toy": "1"}
    assert written["provider"] == "CPUExecutionProvider"
    made = tmp_path / "out" / "left" / "same.png.artefact-copy.png"
    assert made.read_bytes() == (films / "left" / "same.png").read_bytes()
    for name in names:
        with Image.open(tmp_path / "out" / f"{name}.overlay.jpg") as overlay:
            assert overlay.width > overlay.height  # the film and its margin


def test_what_was_read_by_the_same_model_is_not_read_again(tmp_path, analyze, read):
    films = tmp_path / "films"
    film(films / "a.png", 100)
    film(films / "b.png", 110)
    analyze(films)
    assert read() == [100, 110]

    assert "2 of 2 films read" in analyze(films).stderr
    assert read() == []
    film(films / "a.png", 105)
    analyze(films)
    assert read() == [105]
    (tmp_path / "out" / "b.png.overlay.jpg").unlink()
    analyze(films)
    assert read() == [110]
    analyze(films, "--pixel-spacing", "0.2")
    assert read() == [105, 110]
    assert report(tmp_path, "a.png")["data"]["measurements"]["spacing"] == 0.2
    (tmp_path / "models" / "toy" / "manifest.json").write_text("another model")
    analyze(films, "--pixel-spacing", "0.2")
    assert read() == [105, 110]
    analyze(films, "--pixel-spacing", "0.2", "--force")
    assert read() == [105, 110]
    assert [row["grey"] for row in summary(tmp_path)] == ["105", "110"]


def test_a_bad_film_stops_no_other_and_is_tried_again(tmp_path, analyze, read):
    films = tmp_path / "films"
    film(films / "a.png", 100)
    film(films / "crash.png", CRASH)
    film(films / "wrong.png", WRONG)
    film(films / "z.png", 110)
    (films / "torn.png").write_bytes((films / "a.png").read_bytes()[:60])

    result = analyze(films)

    assert result.exit_code == 1
    assert "2 of 5 films read" in result.stderr
    errors = {row["film"]: row["errorCode"] for row in summary(tmp_path)}
    assert errors == {
        "a.png": "", "crash.png": "12001", "torn.png": "12002", "wrong.png": "12003", "z.png": "",
    }  # fmt: skip
    assert report(tmp_path, "wrong.png")["error"] == {
        "code": 12003, "message": "too dark for a toy",
    }  # fmt: skip
    assert report(tmp_path, "wrong.png")["data"] is None
    # What foreign code says of a film may name the patient.
    assert "Doe" not in result.output
    assert not any(b"Doe" in path.read_bytes() for path in (tmp_path / "out").rglob("*.*"))
    assert (tmp_path / "out" / "wrong.png.overlay.jpg").is_file()
    assert not (tmp_path / "out" / "torn.png.overlay.jpg").exists()
    read()
    analyze(films)
    assert sorted(read()) == [WRONG, CRASH]


def test_a_file_that_is_named_is_read_whatever_it_is(tmp_path, analyze, read):
    (tmp_path / "notes.txt").write_text("no film")

    result = analyze(tmp_path / "notes.txt")

    assert result.exit_code == 1
    assert "12002 the file is none of JPEG, PNG, BMP and DICOM" in result.stderr


def test_an_interrupt_leaves_what_is_finished(tmp_path, analyze, read):
    films = tmp_path / "films"
    film(films / "a.png", 100)
    film(films / "b.png", INTERRUPT)
    film(films / "c.png", 110)

    result = analyze(films)

    assert result.exit_code == 130
    assert [row["film"] for row in summary(tmp_path)] == ["a.png"]
    assert (tmp_path / "out" / "index.html").is_file()
    assert not (tmp_path / "out" / "c.png.json").exists()
    film(films / "b.png", 105)
    read()
    assert analyze(films).exit_code == 0
    assert read() == [105, 110]


def test_a_film_in_two_of_the_places_is_read_once_and_results_are_no_films(tmp_path, analyze, read):
    film(tmp_path / "out" / "a.png", 100)
    film(tmp_path / "out" / "deep" / "b.png", 110)

    for _ in range(2):
        analyze(tmp_path / "out", tmp_path / "out" / "deep" / ".." / "a.png")
        assert [row["film"] for row in summary(tmp_path)] == ["a.png", "deep/b.png"]
    assert read() == [100, 110]


def test_the_page_loads_nothing_and_its_links_lead_to_files(tmp_path, analyze, read):
    films = tmp_path / "films"
    film(films / "<b>&amp;.png", 100)
    film(films / "50% #1?.png", 110)
    film(films / "wrong.png", WRONG)
    analyze(films)

    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    root = ET.fromstring(page.removeprefix("<!DOCTYPE html>"))  # noqa: S314  # our own

    assert "Not a diagnosis" in page
    assert "prefers-color-scheme: dark" in page
    assert not list(root.iter("script"))
    assert not list(root.iter("link"))
    sources = [image.get("src") for image in root.iter("img")]
    assert len(sources) == 3
    assert all(source.startswith("data:image/jpeg;base64,") for source in sources)
    links = {unquote(link.get("href")) for link in root.iter("a")}
    assert len(links) == 2 * 3 + 1
    assert all((tmp_path / "out" / link).is_file() for link in links)
    text = " ".join(root.itertext())
    assert "<b>&amp;.png" in text
    assert "12003" in text
    assert "too dark for a toy" in text
    assert str(tmp_path) not in page


def test_a_spreadsheet_takes_no_film_name_for_a_formula(tmp_path, analyze, read):
    film(tmp_path / "films" / "=1+1.png", 100)
    analyze(tmp_path / "films")

    assert summary(tmp_path)[0]["film"] == "'=1+1.png"


@pytest.mark.skipif(sys.platform != "linux", reason="other systems refuse such names")
def test_names_that_are_no_text_or_very_long(tmp_path, analyze, read):
    films = tmp_path / "films"
    film(films / "a.png", 100).rename(os.fsdecode(os.fsencode(films) + b"/caf\xe9.png"))
    film(films / f"{'n' * 240}.png", 110)

    result = analyze(films)

    assert result.exit_code == 0, result.output
    assert sorted(row["grey"] for row in summary(tmp_path)) == ["100", "110"]
    analyze(films)
    assert len(read()) == 2


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["nowhere"], "no such file or folder: nowhere"),
        (["{}/empty"], "no film found"),
        (["{}/a.png", "--pixel-spacing", "90"], "--pixel-spacing: expected float < 5.0"),
    ],
)
def test_what_cannot_work_is_told_in_one_line(tmp_path, analyze, read, words, says):
    (tmp_path / "empty").mkdir()
    film(tmp_path / "a.png", 100)

    result = analyze(*(word.format(tmp_path) for word in words))

    assert result.exit_code == 1
    assert says in result.stderr
    assert len(result.stderr.splitlines()) == 1
    assert not (tmp_path / "out").exists()


def test_a_model_that_is_missing_is_one_clear_error(tmp_path, analyze, read):
    film(tmp_path / "films" / "a.png", 100)
    (tmp_path / "models" / "toy" / "broken").touch()

    result = analyze(tmp_path / "films")

    assert result.exit_code == 1
    assert result.stderr.strip() == "error 12004 the toy is broken"


def test_a_report_that_cannot_be_drawn_is_written_all_the_same(
    tmp_path, analyze, read, monkeypatch
):
    def fail(*_):
        raise KeyError("Doe^Jane")

    monkeypatch.setattr("pipelines.overlay.render", fail)
    film(tmp_path / "films" / "a.png", 100)

    result = analyze(tmp_path / "films")

    assert result.exit_code == 0, result.output
    assert report(tmp_path, "a.png")["data"]["measurements"]["grey"] == 100
    assert "Doe" not in result.output


def test_a_drawn_film_by_the_real_model(tmp_path):
    truth = draw(4, (670, 836))
    (tmp_path / "film.jpg").write_bytes(truth.jpeg())
    spacing = f"{truth.mm_per_px:.5f}"

    result = CliRunner().invoke(
        app,
        ["analyze", str(tmp_path / "film.jpg"), "--out", str(tmp_path / "out"),
         "--pixel-spacing", spacing],
    )  # fmt: skip

    assert result.exit_code == 0, result.output
    data = report(tmp_path, "film.jpg")["data"]
    (row,) = summary(tmp_path)
    assert float(row["SNA"]) == data["measurements"]["SNA"]
    assert row["Steiner SNA"] == row["SNA"]
    sella = data["landmarks"][0]
    assert abs(sella["x"] - truth.landmarks[0][0]) < 20
    page = (tmp_path / "out" / "index.html").read_text(encoding="utf-8")
    assert f"{data['measurements']['SNA']:.1f}°" in page
    assert data["isbi"]["SNA"]["reading"] in page
