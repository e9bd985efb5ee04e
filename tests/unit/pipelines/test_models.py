"""A model that is not what its manifest says is refused, each way by its own words."""

import hashlib
import json
import shutil

import numpy as np
import pytest

from pipelines.ceph.landmarks import ABBREVIATIONS
from pipelines.ceph.modules.landmarks.predictor import LandmarkPredictor
from pipelines.ceph.synthetic import draw
from pipelines.errors import InferenceFailed, ModelInvalid
from pipelines.film import read_film
from pipelines.models import ANY_NUMBER, open_model, read_manifest, run_network
from tests.template import ROOT
from xray.faults.model import write_model

CEPH = ROOT / "functions" / "infer" / "models" / "ceph"


@pytest.fixture
def folder(tmp_path):
    """A model that has no quantised network."""
    shutil.copytree(CEPH, tmp_path / "ceph")
    (tmp_path / "ceph" / "quantised.onnx").unlink()
    change(tmp_path / "ceph", quantised=None)
    return tmp_path / "ceph"


def change(folder, **fields):
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def test_the_committed_model_is_what_its_manifest_says():
    manifest, session = open_model(CEPH, ABBREVIATIONS)

    assert manifest.labels == ABBREVIATIONS
    assert session.get_inputs()[0].name == manifest.input.name
    assert manifest.version in (CEPH / "CARD.md").read_text()
    for name in ("model.onnx", "quantised.onnx"):
        assert (CEPH / name).stat().st_size < 12 * 2**20
        assert b".py" not in (CEPH / name).read_bytes(), "the exporter's notes name its sources"


def test_a_missing_manifest(tmp_path):
    with pytest.raises(ModelInvalid, match=r"no manifest\.json"):
        read_manifest(tmp_path)


@pytest.mark.parametrize("text", ["", "{", "[]", "{}"])
def test_a_manifest_that_is_none(folder, text):
    (folder / "manifest.json").write_text(text)
    with pytest.raises(ModelInvalid, match="invalid"):
        read_manifest(folder)


def test_a_manifest_that_leads_out_of_its_folder(folder):
    change(folder, file="../../other.onnx")
    with pytest.raises(ModelInvalid, match="invalid: file"):
        read_manifest(folder)


def test_missing_weights(folder):
    (folder / "model.onnx").unlink()
    with pytest.raises(ModelInvalid, match=r"no file model\.onnx"):
        open_model(folder, ABBREVIATIONS)


def test_other_weights(folder):
    with (folder / "model.onnx").open("ab") as weights:
        weights.write(b"\0")
    with pytest.raises(ModelInvalid, match="not the file"):
        open_model(folder, ABBREVIATIONS)


def test_weights_that_are_no_network(folder):
    (folder / "model.onnx").write_bytes(b"nothing")
    change(folder, sha256=hashlib.sha256(b"nothing").hexdigest())
    with pytest.raises(ModelInvalid, match="no ONNX model"):
        open_model(folder, ABBREVIATIONS)


@pytest.mark.parametrize("which", ["input", "output"])
@pytest.mark.parametrize("wrong", [{"name": "other"}, {"shape": [1, 1, 64, 64]}])
def test_another_shape_or_name(folder, which, wrong):
    change(folder, **{which: json.loads((folder / "manifest.json").read_text())[which] | wrong})
    with pytest.raises(ModelInvalid, match="has another"):
        open_model(folder, ABBREVIATIONS)


def test_other_labels(folder):
    with pytest.raises(ModelInvalid, match="other labels"):
        open_model(folder, ABBREVIATIONS[::-1])


GPU, PROCESSOR = "CUDAExecutionProvider", "CPUExecutionProvider"


@pytest.mark.parametrize(
    ("available", "works", "files"),
    [
        ([PROCESSOR], [PROCESSOR], ["quantised.onnx"]),
        ([GPU, PROCESSOR], [GPU, PROCESSOR], ["model.onnx"]),
        # built for a GPU, on a machine that has none: ONNX Runtime falls back to the processor
        ([GPU, PROCESSOR], [PROCESSOR], ["model.onnx", "quantised.onnx"]),
    ],
)
def test_a_processor_reads_with_the_quantised_network(monkeypatch, available, works, files):
    opened = []
    _, session = open_model(CEPH, ABBREVIATIONS)

    def opens(weights, _, providers):
        names = [one if isinstance(one, str) else one[0] for one in providers]
        opened.append(weights)
        monkeypatch.setattr(
            session, "get_providers", lambda: [name for name in works if name in names]
        )
        return session

    monkeypatch.setattr("onnxruntime.get_available_providers", lambda: available)
    monkeypatch.setattr("onnxruntime.preload_dlls", lambda: None)
    monkeypatch.setattr("onnxruntime.InferenceSession", opens)
    open_model(CEPH, ABBREVIATIONS)
    assert opened == [(CEPH / file).read_bytes() for file in files]


def test_a_network_as_it_was_trained_reads_much_like_the_quantised_one(folder):
    film = read_film(draw(seed=4).jpeg())
    points, masses = zip(
        *((one.points, one.masses) for one in (
            LandmarkPredictor(model).predict(film) for model in (CEPH, folder)
        )), strict=True
    )  # fmt: skip
    assert not np.array_equal(*points), "both were read by the same network"
    assert np.abs(points[0] - points[1]).mean() < 1  # pixels of a film of some 2000
    assert np.abs(masses[0] - masses[1]).mean() < 0.05


@pytest.mark.parametrize(
    "wrong", [{"made_of": "0" * 64}, {"sha256": "0" * 64}, {"file": "gone.onnx"}]
)
def test_a_quantised_network_that_is_not_the_models(tmp_path, wrong):
    shutil.copytree(CEPH, tmp_path / "ceph")
    quantised = json.loads((CEPH / "manifest.json").read_text())["quantised"]
    change(tmp_path / "ceph", quantised=quantised | wrong)
    with pytest.raises(ModelInvalid, match=r"made of another file|not the file|no file gone\.onnx"):
        open_model(tmp_path / "ceph", ABBREVIATIONS)


class Session:
    """A network that doubles what it is given, and can hold so many films."""

    def __init__(self, most=100, gives=None, provider=GPU):
        self.most, self.gives = most, gives or (lambda films: films * 2)
        self.provider = provider
        self.sizes = []

    def get_providers(self):
        return [self.provider]

    def run(self, names, given):
        [films] = given.values()
        self.sizes.append(len(films))
        if len(films) > self.most:
            raise RuntimeError("out of memory")
        return [self.gives(films)]


def manifest_for(films):
    manifest = read_manifest(CEPH)
    tensors = {
        name: getattr(manifest, name).model_copy(update={"shape": (films, 1, 2, 3)})
        for name in ("input", "output")
    }
    return manifest.model_copy(update=tensors)


CANVASES = [np.full((2, 3), number, np.float32) for number in range(4)]


@pytest.mark.parametrize(
    ("films", "provider", "runs"),
    [(ANY_NUMBER, GPU, [4]), (1, GPU, [1, 1, 1, 1]), (ANY_NUMBER, PROCESSOR, [1, 1, 1, 1])],
)
def test_films_are_read_at_once_on_a_gpu_by_a_network_that_can_and_else_in_turn(
    films, provider, runs
):
    session = Session(provider=provider)
    given = run_network(session, manifest_for(films), CANVASES)
    assert [float(one.max()) for one in given] == [0, 2, 4, 6]
    assert {one.shape for one in given} == {(1, 2, 3)}
    assert session.sizes == runs


def test_films_that_fail_together_are_read_in_turn():
    session = Session(most=3)
    given = run_network(session, manifest_for(ANY_NUMBER), CANVASES)
    assert [float(one.max()) for one in given] == [0, 2, 4, 6]
    assert session.sizes == [4, 1, 1, 1, 1]


def test_a_film_for_which_a_network_gives_no_numbers_fails_alone():
    def one_lost(films):
        return np.where(films == 2, np.nan, films)

    given = run_network(Session(gives=one_lost), manifest_for(ANY_NUMBER), CANVASES)
    assert [isinstance(one, InferenceFailed) for one in given] == [False, False, True, False]


def test_a_network_that_cannot_read_a_film_fails_each_alone():
    given = run_network(Session(most=0), manifest_for(ANY_NUMBER), CANVASES)
    assert [str(one) for one in given] == ["the network ceph-landmarks failed on this film"] * 4


@pytest.mark.parametrize("which", ["input", "output"])
@pytest.mark.parametrize("shape", [[], [4, 1, 768, 640], [1, 0, 768, 640], [-1, 1, 768, 640]])
def test_a_shape_is_of_one_film_or_of_any_number(folder, which, shape):
    change(folder, **{which: json.loads((folder / "manifest.json").read_text())[which] | {
        "shape": shape}})  # fmt: skip
    with pytest.raises(ModelInvalid, match=f"invalid: {which}.shape"):
        read_manifest(folder)


def test_a_manifest_must_say_that_its_network_reads_films_at_once(folder):
    manifest = json.loads((folder / "manifest.json").read_text())
    of_one = {"input": manifest["input"] | {"shape": [1, 1, 768, 640]}}
    change(folder, **of_one)
    with pytest.raises(ModelInvalid, match="has another film"):
        open_model(folder, ABBREVIATIONS)


def test_a_network_of_one_film_is_opened_by_a_manifest_of_one_film(tmp_path):
    write_model(tmp_path, seed=1)
    manifest, session = open_model(tmp_path, ABBREVIATIONS)
    assert not manifest.reads_together
    canvases = [np.full(manifest.input.shape[2:], grey, np.float32) for grey in (0, 1)]
    assert len(run_network(session, manifest, canvases)) == 2


def test_a_manifest_may_not_say_that_a_network_of_one_film_reads_them_at_once(tmp_path):
    write_model(tmp_path, seed=1)
    manifest = json.loads((tmp_path / "manifest.json").read_text())
    shape = [ANY_NUMBER, *manifest["input"]["shape"][1:]]
    change(tmp_path, input=manifest["input"] | {"shape": shape})
    with pytest.raises(ModelInvalid, match="has another film"):
        open_model(tmp_path, ABBREVIATIONS)
