"""Data sets of the ISBI challenge's and of labelme's form."""

import json

import numpy as np
import pytest
from PIL import Image
from typer.testing import CliRunner

from pipelines.ceph.evaluation.dataset import DatasetInvalid, read_dataset
from pipelines.ceph.landmarks import ABBREVIATIONS, LANDMARKS
from pipelines.ceph.synthetic import draw
from xray.cli import app

POINTS = np.arange(38, dtype=float).reshape(19, 2) + 0.5


def picture(path, size=(64, 80)):
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.new("L", size).save(path)


def isbi_text(path, points=POINTS, more="1\n2\n3\n"):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(f"{x},{y}\n" for x, y in points) + more)


def labelme(path, image, points=POINTS, **more):
    path.parent.mkdir(parents=True, exist_ok=True)
    shapes = [
        {"label": name, "points": [[x, y]], "shape_type": "point"}
        for name, (x, y) in zip(ABBREVIATIONS, points.tolist(), strict=True)
    ]
    content = {"shapes": shapes, "imagePath": image, "imageWidth": 64, "imageHeight": 80, **more}
    path.write_text(json.dumps(content))
    return content


def test_an_isbi_folder(tmp_path):
    picture(tmp_path / "RawImage" / "001.bmp")
    picture(tmp_path / "RawImage" / "002.bmp")
    picture(tmp_path / "RawImage" / "003.bmp")  # nobody has annotated it
    for shift, rater in ((0, "junior"), (2, "senior")):
        isbi_text(tmp_path / "Annotations" / rater / "001.txt", POINTS + shift)
    isbi_text(tmp_path / "Annotations" / "senior" / "002.txt", more="")
    (tmp_path / "README.txt").write_text("Films, and what they show\n")

    first, second = read_dataset(tmp_path)

    assert (first.name, first.path.name, first.mm_per_px) == ("001", "001.bmp", 0.1)
    assert first.raters.shape == (2, 19, 2)
    assert np.allclose(first.truth, POINTS + 1)
    assert second.raters.shape == (1, 19, 2)
    assert read_dataset(tmp_path, mm_per_px=0.2)[0].mm_per_px == 0.2


def test_films_beside_their_text_files(tmp_path):
    for folder in ("a", "b"):
        picture(tmp_path / folder / "1.png")
    isbi_text(tmp_path / "b" / "1.txt")

    (film,) = read_dataset(tmp_path)

    assert film.path == tmp_path / "b" / "1.png"


@pytest.mark.parametrize(
    ("text", "image", "says"),
    [
        ("1,2\n" * 18, "1.png", "1.txt has 18 points and not 19"),
        ("1,2\n" * 20, "1.png", "1.txt has 20 points and not 19"),
        ("1,2\n" * 18 + "1,nose\n", "1.png", "1.txt has a line that is no point: '1,nose'"),
        ("1,2\n" * 19, "2.png", "1.txt needs one film of its name"),
    ],
)
def test_what_is_wrong_in_an_isbi_folder_is_named(tmp_path, text, image, says):
    (tmp_path / "1.txt").write_text(text)
    picture(tmp_path / image)

    with pytest.raises(DatasetInvalid, match=says):
        read_dataset(tmp_path)


def test_labelme_files(tmp_path):
    picture(tmp_path / "films" / "a.png")
    content = labelme(tmp_path / "one" / "a.json", "../films/a.png", mm_per_px=0.15)
    for shape, landmark in zip(content["shapes"], LANDMARKS, strict=True):
        shape["label"] = landmark.name.upper()
        shape["points"][0][0] += 2
    content["shapes"].append({"label": "S", "points": [[1, 1], [2, 2]], "shape_type": "line"})
    content["shapes"].append({"label": "nose", "points": [[1, 1]], "shape_type": "point"})
    content["imagePath"] = "..\\films\\a.png"
    (tmp_path / "two").mkdir()
    (tmp_path / "two" / "a.json").write_text(json.dumps(content))
    (tmp_path / "settings.json").write_text("{}")

    (film,) = read_dataset(tmp_path)

    assert film.name == "films/a.png"
    assert film.mm_per_px == 0.15
    assert np.allclose(film.truth, POINTS + np.array([1, 0]))
    assert read_dataset(tmp_path, mm_per_px=0.2)[0].mm_per_px == 0.2


@pytest.mark.parametrize("prime", ["Pog'", "Pog′", "pog’", "Soft-tissue Pogonion"])
def test_spellings_of_a_label(tmp_path, prime):
    picture(tmp_path / "a.png")
    content = labelme(tmp_path / "a.json", "a.png")
    content["shapes"][15]["label"] = prime
    (tmp_path / "a.json").write_text(json.dumps(content))

    (film,) = read_dataset(tmp_path, 0.1)

    assert np.allclose(film.truth, POINTS)


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"imagePath": "b.png"}, "a.json names a film that is missing: b.png"),
        ({"imagePath": ""}, "a.json names a film that is missing: none"),
        ({"imageWidth": 65}, "a.json is for a film of another size than a.png"),
        ({"shapes": []}, "a.json lacks the landmarks S, N, Or"),
        ({"shapes": [{"label": "S", "points": [[1, 1]], "shape_type": "point"}] * 2},
         "a.json has landmark S more than once"),
        ({"shapes": 1}, "a.json is no labelme file"),
        ({}, "a.json does not say its scale"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_labelme_file_is_named(tmp_path, change, says):
    picture(tmp_path / "a.png")
    labelme(tmp_path / "a.json", "a.png", **change)

    with pytest.raises(DatasetInvalid, match=says):
        read_dataset(tmp_path)


def test_a_folder_of_no_format(tmp_path):
    (tmp_path / "notes.txt").write_text("nothing, really")
    (tmp_path / "list.json").write_text("[]")

    with pytest.raises(DatasetInvalid, match="nor labelme files, nor text files"):
        read_dataset(tmp_path)
    with pytest.raises(DatasetInvalid, match="does not exist"):
        read_dataset(tmp_path / "nowhere")


def test_the_command_measures_on_an_isbi_folder_at_the_scale_that_is_given(tmp_path):
    film = draw(4, (670, 836))
    (tmp_path / "001.jpg").write_bytes(film.jpeg())
    isbi_text(tmp_path / "001.txt", film.landmarks)
    figures = []
    for scale in ("0.1", "0.2"):
        out = tmp_path / f"{scale}.json"
        words = ["evaluate", "ceph", str(tmp_path), "--mm-per-px", scale, "--json", str(out)]
        assert CliRunner().invoke(app, words).exit_code == 0
        figures.append(json.loads(out.read_text()))

    assert figures[0]["n_films"] == 1
    assert 0 < figures[0]["mre_mm"] < 2
    assert figures[1]["mre_mm"] == pytest.approx(2 * figures[0]["mre_mm"], abs=1e-3)
