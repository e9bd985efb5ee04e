"""Overlays: what is drawn where, and what the margin says."""

import json

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from pipelines.ceph.analyses import analyse
from pipelines.ceph.landmarks import LANDMARKS
from pipelines.ceph.synthetic import draw
from pipelines.overlay import ceph, pano, render
from pipelines.overlay.canvas import printable
from pipelines.overlay.labels import place_labels
from pipelines.overlay.panel import WIDTH, arrange, tallest
from xray.cli import app

SIZE = (1000, 1248)


@pytest.fixture(scope="module")
def film():
    return draw(3, SIZE)


def ceph_report(film, confidence=0.95):
    points = {
        one.abbreviation: (x, y)
        for one, (x, y) in zip(LANDMARKS, film.landmarks.tolist(), strict=True)
    }
    landmarks = [
        {"name": one.name, "abbreviation": one.abbreviation, "x": x, "y": y,
         "confidence": confidence}
        for one, (x, y) in zip(LANDMARKS, points.values(), strict=True)
    ]  # fmt: skip
    image = {"width": SIZE[0], "height": SIZE[1], "pixelSpacing": [film.mm_per_px] * 2}
    return {"landmarks": landmarks, **analyse(points, film.mm_per_px), "image": image}


def test_landmarks_are_drawn_where_they_lie_and_the_rest_of_the_film_stays(film):
    picture = np.asarray(render(film.jpeg(95), {"data": ceph_report(film)}), dtype=int)

    assert picture.shape[0] == SIZE[1]
    assert picture.shape[1] >= SIZE[0] + WIDTH
    for x, y in film.landmarks:
        red, green, _ = picture[round(y), round(x)]
        assert green > red + 60  # the colour of confidence, on a grey film
    corner = picture[SIZE[1] - 60 : SIZE[1] - 10, 10:60].mean(axis=2)
    assert np.abs(corner - film.pixels[-60:-10, 10:60]).mean() < 4


def test_a_doubtful_landmark_has_another_colour_and_a_wider_ring(film):
    sure, doubtful = (
        np.asarray(render(film.jpeg(), {"data": ceph_report(film, c)}), dtype=int)
        for c in (0.95, 0.3)
    )
    x, y = film.landmarks[0].round().astype(int)

    red, green, _ = doubtful[y, x]
    assert red > green + 60
    for picture, radius in ((sure, 7), (doubtful, 33)):
        assert np.ptp(picture[y + radius - 2 : y + radius + 3, x], axis=1).max() > 60
    assert np.ptp(sure[y + 31 : y + 36, x], axis=1).max() < 60


def test_the_margin_of_a_cephalogram_gives_norms_and_marks_what_lies_beyond(film):
    data = ceph_report(film)
    data["analyses"] = [
        {"name": "Steiner", "measurements": [
            {"name": "SNA", "value": 86.0, "unit": "deg", "norm": 82.0, "sd": 2.0,
             "range": [80.0, 84.0], "z": 2.0, "reading": "prognathic maxilla"},
            {"name": "SNB", "value": None, "unit": "deg", "norm": 80.0, "sd": 2.0,
             "range": [78.0, 82.0], "z": None, "reading": None},
        ]},
    ]  # fmt: skip
    steiner = next(one for one in ceph.sections(data) if one.title == "Steiner")

    (row,) = steiner.rows
    assert (row.label, row.value, row.norm, row.note) == (
        "SNA", "86.0°", "82 ± 2", "prognathic maxilla",
    )  # fmt: skip
    assert row.position == 2.0
    assert row.beyond


def test_the_truth_is_told_in_millimetres(film):
    data = ceph_report(film)
    truth = {one["abbreviation"]: [one["x"], one["y"]] for one in data["landmarks"]}
    truth["Go"] = [truth["Go"][0] + 30, truth["Go"][1] + 40]
    section = ceph.sections({**data, "truth": truth})[0]

    assert section.rows[1].label == "Go"
    assert section.rows[1].value == f"{50 * film.mm_per_px:.1f} mm"
    assert section.rows[2].value == "0.0 mm"
    assert render(film.jpeg(), {"data": {**data, "truth": truth}}).height == SIZE[1]


def test_labels_cover_neither_points_nor_one_another():
    points = [(100.0 + 12 * n, 200.0 + 5 * (n % 3)) for n in range(8)] + [(2.0, 2.0)]
    sizes = [(30.0, 16.0)] * len(points)
    centres = place_labels(points, sizes, (400.0, 400.0))
    boxes = [(x - 15, y - 8, x + 15, y + 8) for x, y in centres]

    assert all(min(box) >= 0 for box in boxes)
    for index, one in enumerate(boxes):
        assert not any(one[0] < x < one[2] and one[1] < y < one[3] for x, y in points)
        for other in boxes[:index]:
            wide = min(one[2], other[2]) - max(one[0], other[0])
            high = min(one[3], other[3]) - max(one[1], other[1])
            assert min(wide, high) <= 0


def square(left, top, side):
    return [[left, top], [left + side, top], [left + side, top + side], [left, top + side]]


def test_teeth_have_the_colour_of_their_status_and_findings_an_outline():
    film = Image.new("L", (1600, 800), 60)
    data = {
        "teeth": [
            {"id": 11, "status": "healthy", "confidence": 0.9, "polygon": square(100, 100, 150)},
            {"id": 21, "status": "crown", "confidence": 0.9, "box": [400, 100, 550, 250]},
            {"id": 38, "status": "missing", "confidence": 0.9, "polygon": None, "box": None},
        ],
        "diseases": [
            {"type": "caries", "location": "tooth_21", "severity": "mild", "confidence": 0.87,
             "box": [420, 120, 480, 180]},
        ],
    }  # fmt: skip
    picture = np.asarray(render(png(film), {"data": data}), dtype=int)

    assert picture.shape[1] == 1600
    assert picture.shape[0] > 800  # the margin of a film that lies is below it
    crown, healthy, finding = picture[230, 530], picture[110, 130], picture[150, 420]
    assert crown[0] > crown[2] + 20  # yellow
    assert healthy[1] > healthy[0]  # green
    assert finding[0] > finding[1] + 60  # red
    assert tuple(picture[600, 1000]) == (60, 60, 60)
    teeth, findings = pano.sections(data)
    assert {(row.label, row.note) for row in teeth.rows} == {
        ("healthy", "11"), ("crown", "21"), ("missing", "38"),
    }  # fmt: skip
    assert [(row.label, row.value) for row in findings.rows] == [("caries", "21")]


def test_what_the_status_of_a_tooth_says_is_no_finding_again():
    data = {
        "teeth": [{"id": 18, "status": "missing", "confidence": 0.9},
                  {"id": 11, "status": "crown", "confidence": 0.9}],
        "diseases": [
            {"type": "missing", "location": "tooth_18", "severity": None, "confidence": 0.9},
            {"type": "impacted", "location": "tooth_11", "severity": None, "confidence": 0.9},
            {"type": "caries", "location": "tooth_11", "severity": "mild", "confidence": 0.9},
        ],
    }  # fmt: skip
    _, findings = pano.sections(data)

    assert [(row.label, row.value) for row in findings.rows] == [
        ("impacted", "11"), ("caries", "11"),
    ]  # fmt: skip


@pytest.mark.parametrize("size", [(800, 600), (600, 800)])
def test_the_margin_has_room_for_everything(size):
    finding = {"type": "caries", "location": "tooth_11", "severity": "mild", "confidence": 0.9}
    data = {"teeth": [], "diseases": [finding] * 40}
    sections = pano.sections(data)
    picture = np.asarray(render(png(Image.new("L", size, 90)), {"data": data}), dtype=int)

    columns = arrange(sections, tallest(sections))
    assert [section for column in columns for section in column] == sections
    assert picture.shape[0] >= tallest(sections)
    margin = picture[900:] if size == (800, 600) else picture[:, 900:]  # shown 1200 long
    red = (margin[..., 0] - margin[..., 1] > 100).any(axis=1)
    starts = int((np.diff(red.astype(int)) == 1).sum())
    assert starts == 40


def png(image):
    import io

    out = io.BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


def test_a_deep_film_is_shown_with_contrast():
    values = np.linspace(1000, 3000, 200 * 250).reshape(250, 200).astype(np.uint16)
    picture = np.asarray(render(png(Image.fromarray(values)), {"data": None, "error": None}))

    film = picture[:, :900, 0]
    assert film.min() < 10
    assert film.max() > 245


def test_words_are_written_in_letters_that_the_font_has():
    assert printable("Björk–Jarabak −2.5° ± 1 鼻") == "Bjork-Jarabak -2.5° ± 1 ?"


@pytest.fixture
def files(tmp_path, film):
    (tmp_path / "film.jpg").write_bytes(film.jpeg())
    content = {"data": ceph_report(film), "error": None}
    (tmp_path / "report.json").write_text(json.dumps(content))
    (tmp_path / "other.json").write_text("{}")
    return tmp_path


def visualize(folder, film, report, out):
    words = ["visualize", folder / film, folder / report, "--out", folder / out]
    return CliRunner().invoke(app, [str(word) for word in words])


def test_the_command_writes_a_picture(files):
    result = visualize(files, "film.jpg", "report.json", "new/picture.png")

    assert result.exit_code == 0, result.output
    with Image.open(files / "new" / "picture.png") as picture:
        assert picture.format == "PNG"
        assert picture.height == SIZE[1]


@pytest.mark.parametrize(
    ("film_name", "report", "out", "says"),
    [
        ("no.jpg", "report.json", "a.png", "no.jpg: No such file"),
        ("film.jpg", "no.json", "a.png", "no.json cannot be read"),
        ("film.jpg", "other.json", "a.png", "is no report"),
        ("report.json", "report.json", "a.png", "none of JPEG, PNG, BMP and DICOM"),
        ("film.jpg", "report.json", "a.unheard", "name it .png or .jpg"),
    ],
)
def test_the_command_tells_what_is_wrong_in_one_line(files, film_name, report, out, says):
    result = visualize(files, film_name, report, out)

    assert result.exit_code == 1
    assert says in result.stderr
    assert len(result.stderr.splitlines()) == 1
