"""A model that is not what its manifest says is refused, each way by its own words."""

import hashlib
import json
import shutil

import pytest

from pipelines.ceph.landmarks import ABBREVIATIONS
from pipelines.errors import ModelInvalid
from pipelines.models import open_model, read_manifest
from tests.template import ROOT

CEPH = ROOT / "functions" / "infer" / "models" / "ceph"


@pytest.fixture
def folder(tmp_path):
    shutil.copytree(CEPH, tmp_path / "ceph")
    return tmp_path / "ceph"


def change(folder, **fields):
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | fields))


def test_the_committed_model_is_what_its_manifest_says():
    manifest, session = open_model(CEPH, ABBREVIATIONS)

    assert manifest.labels == ABBREVIATIONS
    assert session.get_inputs()[0].name == manifest.input.name
    assert manifest.version in (CEPH / "CARD.md").read_text()
    assert (CEPH / "model.onnx").stat().st_size < 12 * 2**20
    assert b".py" not in (CEPH / "model.onnx").read_bytes(), "the exporter's notes name its sources"


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
