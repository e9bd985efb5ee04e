"""Models from S3, on moto and on a running cloud."""

import hashlib
import json
import uuid
from pathlib import Path

import pytest

from service.adapters.models import local_models
from service.errors import FilmFailed, Unavailable

WEIGHTS = b"weights"
MANIFEST = {"name": "own", "sha256": hashlib.sha256(WEIGHTS).hexdigest()}


@pytest.fixture
def s3(aws):
    if aws is None:
        pytest.skip("there is no fake of a bucket of models: local folders need none")
    return aws.client("s3")


@pytest.fixture
def bucket(s3) -> str:
    name = f"models-{uuid.uuid4().hex[:12]}"
    s3.create_bucket(Bucket=name)
    return name


def test_a_folder_without_s3_stays_where_it_is(tmp_path: Path) -> None:
    (tmp_path / "ceph").mkdir()
    (tmp_path / "ceph" / "manifest.json").write_text(json.dumps(MANIFEST | {"file": "m.onnx"}))
    assert local_models(str(tmp_path), None) == tmp_path


def test_a_broken_manifest_is_left_to_be_judged_where_it_is_opened(tmp_path: Path) -> None:
    for name, text in {"a": "{", "b": "[]", "c": '{"file": 3, "quantised": 4}'}.items():
        (tmp_path / name).mkdir()
        (tmp_path / name / "manifest.json").write_text(text)
    assert local_models(str(tmp_path), None) == tmp_path


def test_a_file_in_s3_is_fetched(s3, bucket: str, tmp_path: Path) -> None:
    s3.put_object(Bucket=bucket, Key="own/weights.onnx", Body=WEIGHTS)
    (tmp_path / "ceph").mkdir()
    remote = MANIFEST | {"file": f"s3://{bucket}/own/weights.onnx"}
    s3.put_object(Bucket=bucket, Key="own/small.onnx", Body=b"small")
    quantised = {"made_of": MANIFEST["sha256"], "file": f"s3://{bucket}/own/small.onnx"}
    remote |= {"quantised": quantised}
    (tmp_path / "ceph" / "manifest.json").write_text(json.dumps(remote))
    (tmp_path / "ceph" / "config.toml").write_text("[landmarks]\n")
    (tmp_path / "ceph" / "weights.onnx").write_bytes(b"old")
    (tmp_path / "pano").mkdir()
    (tmp_path / "pano" / "manifest.json").write_text(json.dumps({"file": "near.onnx"}))
    (tmp_path / "pano" / "near.onnx").write_bytes(b"near")
    models = local_models(str(tmp_path), s3)
    assert (models / "ceph" / "weights.onnx").read_bytes() == WEIGHTS
    assert (tmp_path / "ceph" / "weights.onnx").read_bytes() == b"old"
    assert (models / "ceph" / "config.toml").read_text() == "[landmarks]\n"
    manifest = json.loads((models / "ceph" / "manifest.json").read_text())
    quantised["file"] = "small.onnx"
    assert manifest == MANIFEST | {"file": "weights.onnx", "quantised": quantised}
    assert (models / "ceph" / "small.onnx").read_bytes() == b"small"
    assert (models / "pano" / "near.onnx").read_bytes() == b"near"


def test_a_whole_folder_in_s3_is_fetched(s3, bucket: str) -> None:
    manifest = json.dumps(MANIFEST | {"file": "m.onnx"}).encode()
    s3.put_object(Bucket=bucket, Key="mine/ceph/manifest.json", Body=manifest)
    s3.put_object(Bucket=bucket, Key="mine/ceph/m.onnx", Body=WEIGHTS)
    s3.put_object(Bucket=bucket, Key="mine/../../escape", Body=b"no")
    s3.put_object(Bucket=bucket, Key="minefield/ceph/m.onnx", Body=b"another's")
    models = local_models(f"s3://{bucket}/mine", s3)
    files = sorted(str(p.relative_to(models)) for p in models.rglob("*") if p.is_file())
    assert files == ["ceph/m.onnx", "ceph/manifest.json"]


def test_a_file_that_is_not_there_is_a_missing_model(s3, bucket: str, tmp_path: Path) -> None:
    (tmp_path / "ceph").mkdir()
    gone = MANIFEST | {"file": f"s3://{bucket}/gone.onnx"}
    (tmp_path / "ceph" / "manifest.json").write_text(json.dumps(gone))
    with pytest.raises(FilmFailed, match="not where its manifest says"):
        local_models(str(tmp_path), s3)


def test_a_bucket_that_does_not_answer_is_no_fault_of_the_film(s3) -> None:
    with pytest.raises(Unavailable):
        local_models(f"s3://no-such-{uuid.uuid4().hex[:12]}/mine", s3)
