"""Data sets, metrics, and which films a figure may count."""

import json
import shutil

import numpy as np
import pytest

from pipelines.ceph.evaluation.dataset import DatasetInvalid, read_dataset
from pipelines.ceph.evaluation.evaluate import Case, annotated_cases, evaluate
from pipelines.ceph.evaluation.metrics import summary
from pipelines.ceph.landmarks import ABBREVIATIONS
from pipelines.ceph.synthetic import draw
from tests.template import ROOT

MODELS = ROOT / "functions" / "infer" / "models"


def write_dataset(folder, seeds, size=(670, 836)):
    """A data set of drawn films, two raters a pixel apart on either side of the truth."""
    images, scale = {}, 1.0
    (folder / "images").mkdir(parents=True)
    for seed in seeds:
        film, scale = draw(seed, size), draw(seed, size).mm_per_px
        (folder / "images" / f"{seed}.jpg").write_bytes(film.jpeg())
        raters = [
            dict(zip(ABBREVIATIONS, (film.landmarks + shift).tolist(), strict=True))
            for shift in (-1, 1)
        ]
        images[str(seed)] = {
            "file": f"images/{seed}.jpg", "width": size[0], "height": size[1], "raters": raters,
        }  # fmt: skip
    content = {"mm_per_px": scale, "landmarks": list(ABBREVIATIONS), "images": images}
    (folder / "annotations.json").write_text(json.dumps(content))
    return folder


def test_a_data_set_is_read_and_the_truth_is_the_raters_mean(tmp_path):
    films = read_dataset(write_dataset(tmp_path / "set", [4, 5]))

    assert [film.name for film in films] == ["4", "5"]
    assert np.allclose(films[1].truth, draw(5, (670, 836)).landmarks)
    assert films[0].mm_per_px == pytest.approx(170 / 670)


@pytest.mark.parametrize(
    "content", ["", "[]", "{}", '{"mm_per_px": 1, "images": {"1": {"file": "1.jpg"}}}']
)
def test_what_is_no_data_set_is_refused(tmp_path, content):
    (tmp_path / "annotations.json").write_text(content)
    with pytest.raises(DatasetInvalid):
        read_dataset(tmp_path)


def test_a_data_set_without_its_films_is_refused(tmp_path):
    with pytest.raises(DatasetInvalid, match="does not exist"):
        read_dataset(tmp_path)
    folder = write_dataset(tmp_path / "set", [4])
    (folder / "images" / "4.jpg").unlink()
    with pytest.raises(DatasetInvalid, match="missing"):
        read_dataset(folder)


def test_metrics_by_hand():
    errors = np.full((2, 19), 1.0)
    errors[0, 0], errors[1, 0] = 2.0, 4.5
    figures = summary(errors)

    assert figures["n_films"] == 2
    assert figures["mre_mm"] == pytest.approx((36 + 6.5) / 38, abs=1e-4)
    assert figures["sdr"] == {"2.0": 97.37, "2.5": 97.37, "3.0": 97.37, "4.0": 97.37}
    assert figures["per_landmark"]["S"] == {
        "mre_mm": 3.25,
        "sd_mm": pytest.approx(1.7678),  # √((1.25² + 1.25²) / (2 − 1))
        "sdr": {"2.0": 50.0, "2.5": 50.0, "3.0": 50.0, "4.0": 50.0},
    }


def test_metrics_of_nothing_are_none():
    assert summary(np.zeros((0, 19)))["mre_mm"] is None


def test_films_trained_on_are_known_by_content_and_left_out(tmp_path):
    films = read_dataset(write_dataset(tmp_path / "set", [4, 5]))
    models = tmp_path / "models"
    shutil.copytree(MODELS, models)
    path = models / "ceph" / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["training"]["films"] = [films[0].sha256()]
    path.write_text(json.dumps(manifest))

    figures = evaluate(annotated_cases(films, models), models)

    assert (figures["n_films"], figures["n_left_out"], figures["n_refused"]) == (1, 1, 0)
    assert figures["held_out"]["mre_mm"] == figures["mre_mm"]
    assert figures["all"]["n_films"] == 2
    assert figures["version"] == manifest["version"]
    assert sum(map(sum, figures["scr"]["ANB"]["confusion"])) == 1
    assert sum(map(sum, figures["all"]["scr"]["MW"]["confusion"])) == 2
    assert 0 <= figures["scr"]["mean"]["diagonal"] <= 100
    assert figures["angles_mae_deg"].keys() == {"SNA", "SNB", "ANB", "ODI", "APDI", "FHA"}


def test_a_film_that_gives_no_report_is_counted():
    figures = evaluate([Case(b"nothing", np.zeros((19, 2)), 0.1)], MODELS)

    assert (figures["n_films"], figures["n_refused"]) == (0, 1)
    assert figures["mre_mm"] is None
    assert figures["scr"]["mean"] == {"accuracy": None, "diagonal": None}
