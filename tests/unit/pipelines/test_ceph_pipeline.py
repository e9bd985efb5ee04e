"""The whole reading of a cephalogram, with the committed model."""

import io
import json
import subprocess
import sys

import numpy as np
import pytest
from PIL import Image

from pipelines.base import FilmToRead
from pipelines.ceph.analyses import analyse
from pipelines.ceph.evaluation.dataset import read_dataset
from pipelines.ceph.evaluation.evaluate import annotated_cases, drawn_cases, evaluate
from pipelines.ceph.landmarks import LANDMARKS
from pipelines.ceph.pipeline import CephPipeline
from pipelines.ceph.synthetic import draw
from pipelines.errors import (
    FilmUnreadable,
    InferenceFailed,
    ModelInvalid,
    PipelineError,
    WrongFilm,
)
from pipelines.film import read_film
from tests.shared import data
from tests.template import ROOT
from tests.unit.pipelines.test_dicom import dataset, written
from xray.faults.model import write_model

MODELS = ROOT / "functions" / "infer" / "models"


@pytest.fixture(scope="module")
def pipeline():
    one = CephPipeline()
    one.setup(MODELS)
    return one


@pytest.fixture(scope="module")
def film():
    return draw(1)


@pytest.fixture(scope="module")
def upright(pipeline, film):
    """The points read on the film as it is."""
    return points_of(pipeline.run(png(film.pixels), {}))


def png(pixels) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG", compress_level=1)
    return out.getvalue()


def points_of(report):
    return np.array([(one["x"], one["y"]) for one in report.data["landmarks"]])


def test_a_report_has_what_the_contract_says(pipeline, film):
    report = pipeline.run(film.jpeg(), {})
    landmarks = report.data["landmarks"]

    assert [(one["name"], one["abbreviation"]) for one in landmarks] == [
        (one.name, one.abbreviation) for one in LANDMARKS
    ]
    assert all(0 <= one["confidence"] <= 1 for one in landmarks)
    assert all(one["x"] == round(one["x"], 1) for one in landmarks)
    assert list(report.data["measurements"]) == [
        "SNA", "SNB", "ANB", "ODI", "APDI", "FHI", "FHA", "MW",
    ]  # fmt: skip
    assert report.data["measurements"]["MW"] is None, "there is no scale"
    assert report.data["isbi"].keys() == report.data["measurements"].keys()
    assert [one["name"] for one in report.data["analyses"]] == [
        "Steiner", "Downs", "Tweed", "McNamara", "Björk–Jarabak",
    ]  # fmt: skip
    assert report.data["skeletalClass"] in ("I", "II", "III")
    assert report.data["growthPattern"] in ("horizontal", "normal", "vertical")
    assert {"U1-SN", "Wits", "MW"} <= {one["name"] for one in report.data["notMeasured"]}
    assert report.data["image"] == {
        "width": 1340, "height": 1671, "pixelSpacing": None, "facing": "right",
    }  # fmt: skip
    json.dumps(report.data, allow_nan=False)
    assert list(report.models) == ["ceph-landmarks"]


def test_synthetic_films_are_read_to_a_millimetre_or_two():
    figures = evaluate(drawn_cases(6), MODELS)

    assert figures["n_films"] == 6
    assert figures["mre_mm"] < 1.5
    assert all(row["mre_mm"] < 2.5 for row in figures["per_landmark"].values())
    assert figures["angles_mae_deg"]["ANB"] < 1.0


def test_real_films_held_out_are_read_as_well_as_the_goal_asks():
    folder = data() / "ceph"
    if not folder.is_dir():
        pytest.skip(f"the real films are not here: {folder}")
    cases = annotated_cases(read_dataset(folder), MODELS)
    figures = evaluate((case for case in cases if not case.trained_on), MODELS)

    assert figures["n_films"] >= 15
    assert figures["n_refused"] == 0
    assert figures["mre_mm"] <= 1.2
    assert figures["sdr"]["2.0"] >= 86


def test_confidence_tells_good_points_from_bad(pipeline):
    """Where the film is blank, the points can only be guessed."""
    film = draw(2)
    hidden = film.pixels.copy()
    y = int(film.landmarks[[one.abbreviation for one in LANDMARKS].index("Me")][1])
    hidden[y - 130 :] = 20
    clear, blind = (
        {one["abbreviation"]: one["confidence"] for one in pipeline.run(png(px), {}).data[
            "landmarks"]}
        for px in (film.pixels, hidden)
    )  # fmt: skip
    assert blind["Me"] < 0.75 * clear["Me"]
    assert blind["N"] > 0.9 * clear["N"]


def test_points_refer_to_the_submitted_size(pipeline, film, upright):
    small = np.asarray(Image.fromarray(film.pixels).resize((670, 836)))
    wide = np.pad(film.pixels, ((0, 0), (300, 0)))

    assert np.abs(points_of(pipeline.run(png(small), {})) * 2 - upright).max() < 12
    assert np.abs(points_of(pipeline.run(png(wide), {})) - (300, 0) - upright).max() < 24


def test_scale_comes_from_the_client_or_else_from_the_film(pipeline, film):
    spacing = [0.13, 0.125]
    rows, columns = film.pixels.shape
    dicom = written(
        dataset(
            Rows=rows, Columns=columns, BitsAllocated=8, BitsStored=8, HighBit=7,
            PixelData=film.pixels.tobytes() + b"\0" * (film.pixels.size % 2), PixelSpacing=spacing,
        )
    )  # fmt: skip
    report = pipeline.run(dicom, {})
    square = {
        one["abbreviation"]: (one["x"] * spacing[1], one["y"] * spacing[0])
        for one in report.data["landmarks"]
    }
    assert report.data["image"]["pixelSpacing"] == spacing
    for name, value in analyse(square, 1.0)["measurements"].items():
        assert report.data["measurements"][name] == pytest.approx(value, abs=0.11)
    stated = pipeline.run(dicom, {"pixelSpacing": 0.2}).data
    assert stated["image"]["pixelSpacing"] == [0.2, 0.2]


def test_a_face_to_the_left_is_reported_where_it_is_and_measured_in_the_mirror(pipeline, film):
    options = {"pixelSpacing": film.mm_per_px}
    right = pipeline.run(png(film.pixels), options)
    left = pipeline.run(png(film.pixels[:, ::-1]), options)

    assert (right.data["image"]["facing"], left.data["image"]["facing"]) == ("right", "left")
    mirrored = points_of(left) * (-1, 1) + (film.pixels.shape[1] - 1, 0)
    assert np.abs(mirrored - points_of(right)).max() <= 0.2
    for name, value in right.data["measurements"].items():
        assert left.data["measurements"][name] == pytest.approx(value, abs=0.2)
    assert left.data["skeletalClass"] == right.data["skeletalClass"]


@pytest.mark.parametrize("turned_deg", [-15, 15])
def test_a_tilted_head_is_read_as_well_as_an_upright_one(pipeline, film, upright, turned_deg):
    turned = np.asarray(Image.fromarray(film.pixels).rotate(turned_deg, Image.Resampling.BICUBIC))
    found = points_of(pipeline.run(png(turned), {}))

    angle, middle = np.radians(turned_deg), (np.array(film.pixels.shape[::-1]) - 1) / 2
    # Pillow turns against the clock; y is down.
    there = np.array([[np.cos(angle), np.sin(angle)], [-np.sin(angle), np.cos(angle)]])
    errors_px = np.linalg.norm((upright - middle) @ there.T + middle - found, axis=1)
    assert errors_px.mean() * film.mm_per_px < 1


def test_a_film_cut_close_to_the_face_is_read_with_margins(pipeline, film):
    margin_px = round(8 / film.mm_per_px)
    left, top = (film.landmarks.min(axis=0) - margin_px).clip(0).astype(int)
    right, bottom = (film.landmarks.max(axis=0) + margin_px).astype(int)
    report = pipeline.run(png(film.pixels[top : bottom + 1, left : right + 1]), {})

    errors_mm = np.linalg.norm(points_of(report) + np.array([left, top]) - film.landmarks, axis=1)
    assert errors_mm.mean() * film.mm_per_px < 2


@pytest.mark.parametrize("kind", ["blank", "noise", "on its head", "on its side"])
def test_what_is_no_cephalogram_is_refused(pipeline, film, kind):
    pixels = {
        "blank": np.full((800, 640), 90, np.uint8),
        "noise": np.random.default_rng(1).integers(0, 255, (800, 640), np.uint8),
        "on its head": film.pixels[::-1, ::-1],
        "on its side": np.rot90(film.pixels),
    }[kind]
    with pytest.raises(WrongFilm):
        pipeline.run(png(pixels), {})


def test_what_is_no_film_is_unreadable(pipeline):
    with pytest.raises(FilmUnreadable):
        pipeline.run(b"nothing", {})


def test_a_network_that_fails_is_a_failed_inference(pipeline, film, monkeypatch):
    class Broken:
        def run(self, *_):
            raise RuntimeError("out of memory")

    monkeypatch.setattr(pipeline._predictor, "_session", Broken())
    with pytest.raises(InferenceFailed):
        pipeline.run(film.jpeg(), {})


class Counted:
    """A session, as if on a GPU, whose runs are counted by how many films they had."""

    def __init__(self, session):
        self.session, self.sizes = session, []

    def get_providers(self):
        return ["CUDAExecutionProvider"]

    def run(self, names, given):
        self.sizes.append(len(given["film"]))
        return self.session.run(names, given)


@pytest.fixture
def sizes(pipeline, monkeypatch):
    """How many films each run of the network had."""
    counted = Counted(pipeline._predictor._session)
    monkeypatch.setattr(pipeline._predictor, "_session", counted)
    return counted.sizes


def alone(pipeline, film):
    try:
        return pipeline.run(film.content, film.options)
    except PipelineError as error:
        return error


def test_films_of_a_batch_are_read_as_each_alone_and_fail_alone(pipeline, film, sizes):
    turned = np.asarray(Image.fromarray(film.pixels).rotate(15, Image.Resampling.BICUBIC))
    films = [
        FilmToRead(png(film.pixels), {"pixelSpacing": 0.2}),
        FilmToRead(b"nothing", {}),
        FilmToRead(png(film.pixels[:, ::-1]), {"sex": "female"}),
        FilmToRead(png(np.full((800, 640), 90, np.uint8)), {}),
        FilmToRead(png(turned), {}),
        FilmToRead(png(draw(2).pixels), {}),
    ]
    together = pipeline.run_batch(films)
    # All that are films; those that may be mirrored, and the one that is tilted; that one again.
    assert sizes[0] == 5
    assert sizes == sorted(sizes, reverse=True)
    assert len(sizes) <= 4

    for one, film_to_read in zip(together, films, strict=True):
        by_itself = alone(pipeline, film_to_read)
        assert type(one) is type(by_itself)
        if isinstance(one, PipelineError):
            assert str(one) == str(by_itself)
            continue
        assert np.abs(points_of(one) - points_of(by_itself)).max() <= 0.1
        assert one.data["image"] == by_itself.data["image"]
        assert one.data["measurements"] == pytest.approx(by_itself.data["measurements"], abs=0.1)
        assert one.artefacts.keys() == by_itself.artefacts.keys()
    assert [type(one) for one in together if isinstance(one, PipelineError)] == [
        FilmUnreadable, WrongFilm,
    ]  # fmt: skip
    assert together[2].data["image"]["facing"] == "left"


def test_a_batch_gives_heatmaps_as_one_film_does(pipeline, film):
    predictor = pipeline._predictor
    films = [read_film(one.jpeg(), predictor.canvas) for one in (film, draw(2), draw(3))]
    for one, other in zip(predictor.predict_all(films), map(predictor.predict, films), strict=True):
        assert np.abs(one.points - other.points).max() < 1e-3
        assert np.abs(one.masses - other.masses).max() < 1e-5


def test_a_model_of_one_film_reads_those_of_a_batch_in_turn(tmp_path, film):
    write_model(tmp_path / "ceph", seed=1)
    pipeline = CephPipeline()
    pipeline.setup(tmp_path)
    assert not pipeline.reads_together
    films = [FilmToRead(film.jpeg(), {}), FilmToRead(b"nothing", {})]
    good, bad = pipeline.run_batch(films)
    assert good.data == pipeline.run(film.jpeg(), {}).data
    assert isinstance(bad, FilmUnreadable)


def test_the_committed_model_reads_films_together(pipeline):
    assert pipeline.reads_together
    assert not CephPipeline().reads_together


def test_a_missing_model_is_told_at_setup(tmp_path):
    with pytest.raises(ModelInvalid):
        CephPipeline().setup(tmp_path)


def test_reading_films_needs_no_torch():
    script = f"""
import pathlib, sys
from pipelines.ceph.synthetic import draw
from pipelines.registry import TASK_TYPES
pipeline = TASK_TYPES["ceph"].load()
pipeline.setup(pathlib.Path({str(MODELS)!r}))
pipeline.run(draw(1, (670, 836)).jpeg(), {{}})
print([name for name in sys.modules if name.split(".")[0] in ("torch", "onnx", "service")])
print([name for name in sys.modules if ".training" in name and "pipelines" in name])
"""
    process = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert process.stdout.split("\n")[:2] == ["[]", "[]"]
