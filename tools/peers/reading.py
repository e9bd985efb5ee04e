"""How the peers read a film; runs in their environments, beside ``layers/pipelines``."""

import functools
import io
import os
import time
from pathlib import Path
from typing import Any

import numpy as np
import onnxruntime
import requests
from PIL import Image

from pipelines.errors import PipelineError
from pipelines.models import read_manifest
from pipelines.registry import TASK_TYPES

_MODELS = Path(os.environ["PIPELINE_MODELS"])
_CALLBACK_TIMEOUT_S = 30


@functools.cache
def _pipeline(task_type: str) -> Any:
    pipeline = TASK_TYPES[task_type].load()
    pipeline.setup(_MODELS)
    return pipeline


def read(task_id: str, task_type: str, film: bytes) -> dict[str, Any]:
    """The callback's document for a film, read with the project's own pipeline."""
    try:
        return {"taskId": task_id, "data": _pipeline(task_type).run(film, {}).data, "error": None}
    except PipelineError as error:
        return {"taskId": task_id, "data": None, "error": {"message": str(error)}}


def call_back(url: str, document: dict[str, Any]) -> None:
    """Deliver a document; raises if the receiver does not answer with success."""
    pause = float(os.environ.get("PEER_PAUSE_BEFORE_CALLBACK_S", "0"))
    if pause:  # a window for the kill tests, which cannot stop this process at one of its calls
        time.sleep(pause)
    with requests.Session() as session:
        session.trust_env = False
        session.post(url, json=document, timeout=_CALLBACK_TIMEOUT_S).raise_for_status()


_NETWORKS = {"ceph": ("ceph",), "pano": ("pano/teeth", "pano/caries")}


@functools.cache
def _session(model: str) -> tuple[Any, Any]:
    manifest = read_manifest(_MODELS / model)
    return onnxruntime.InferenceSession(_MODELS / model / manifest.file), manifest


def predict(task_type: str, film: bytes) -> list[list[int]]:
    """The peak of every map of the type's networks, by the usual recipe: decode, resize, run."""
    image = Image.open(io.BytesIO(film)).convert("L")
    return [peak for model in _NETWORKS[task_type] for peak in _peaks(model, image)]


def _peaks(model: str, image: Image.Image) -> list[list[int]]:
    session, manifest = _session(model)
    rows, columns = manifest.input.shape[2:]
    canvas = np.asarray(image.resize((columns, rows)), dtype=np.float32)[None, None] / 255
    (maps,) = session.run([manifest.output.name], {manifest.input.name: canvas})
    flat = maps[0].reshape(len(maps[0]), -1).argmax(axis=1)
    return [[int(one) for one in divmod(int(peak), maps.shape[3])] for peak in flat]
