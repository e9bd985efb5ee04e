"""A network so small that a film takes milliseconds: what is measured is the service around it.

It is a model like any other, by its manifest, and its points are of no use. ONNX is written by
hand, since the package that writes it is needed for training only.
"""

import hashlib
import json
from pathlib import Path

import numpy as np

from pipelines.ceph.landmarks import ABBREVIATIONS

_ROWS, _COLUMNS, _CELL = 64, 48, 4
_FLOAT, _INT64 = 1, 7
_INTS, _INT = 7, 2
_ANY_NUMBER = 0  # in manifests, and in a shape that Reshape is given: as many as there are


def write_models(root: Path, seed: int) -> Path:
    """A folder of models for every task type, that of ceph being tiny.

    Args:
        root: The project's folder.
        seed: Of the tiny one's weights.
    """
    models = root / "build/faults/models"
    write_model(models / "ceph", seed, together=True)
    if not (models / "pano").exists():
        (models / "pano").symlink_to(root / "functions/infer/models/pano")
    return models


def write_model(folder: Path, seed: int, *, together: bool = False) -> None:
    """Write a ceph model with its manifest.

    Args:
        folder: Where; made if it is not there.
        seed: Of its weights.
        together: Whether it reads any number of films at once, and not one after the other.
    """
    films = _ANY_NUMBER if together else 1
    count, rows, columns = len(ABBREVIATIONS), _ROWS // _CELL, _COLUMNS // _CELL
    weights = np.random.default_rng(seed).normal(size=(count, 1, _CELL, _CELL))
    graph = [
        _node("Conv", ["film", "weights"], "cells", _ints("strides", _CELL, _CELL)),
        _node("Reshape", ["cells", "flat"], "lines"),
        _node("Softmax", ["lines"], "shares", _int("axis", 2)),
        _node("Reshape", ["shares", "maps"], "heatmaps"),
        _field(2, b"points"),
        _tensor("weights", _FLOAT, weights.astype("<f4")),
        _tensor("flat", _INT64, np.array([films, count, rows * columns], "<i8")),
        _tensor("maps", _INT64, np.array([films, count, rows, columns], "<i8")),
        _field(11, _value("film", films, 1, _ROWS, _COLUMNS)),
        _field(12, _value("heatmaps", films, count, rows, columns)),
    ]
    model = _number(1, 8) + _field(8, _field(1, b"") + _number(2, 13)) + _field(7, b"".join(graph))
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "model.onnx").write_bytes(model)
    manifest = {
        "name": "ceph-landmarks",
        "version": f"faults-{seed}",
        "file": "model.onnx",
        "sha256": hashlib.sha256(model).hexdigest(),
        "input": {"name": "film", "shape": [films, 1, _ROWS, _COLUMNS]},
        "output": {"name": "heatmaps", "shape": [films, count, rows, columns]},
        "normalisation": "as the pipeline gives it",
        "labels": list(ABBREVIATIONS),
        "licence": "none needed: random numbers",
        "training": {"data": "none", "command": "make faults", "seed": seed},
        "calibration": [[0, 0], [1, 1]],
        "rejection": 0,
    }
    (folder / "manifest.json").write_text(json.dumps(manifest))


# The wire format of protocol buffers, as far as it is needed; the numbers are those of onnx.proto.


def _varint(value: int) -> bytes:
    head = b""
    while value > 0x7F:
        head += bytes([value & 0x7F | 0x80])
        value >>= 7
    return head + bytes([value])


def _number(field: int, value: int) -> bytes:
    return _varint(field << 3) + _varint(value)


def _field(field: int, content: bytes) -> bytes:
    return _varint(field << 3 | 2) + _varint(len(content)) + content


def _node(kind: str, inputs: list[str], output: str, attribute: bytes = b"") -> bytes:
    names = b"".join(_field(1, name.encode()) for name in inputs) + _field(2, output.encode())
    return _field(1, names + _field(4, kind.encode()) + attribute)


def _ints(name: str, *values: int) -> bytes:
    numbers = b"".join(_number(8, value) for value in values)
    return _field(5, _field(1, name.encode()) + numbers + _number(20, _INTS))


def _int(name: str, value: int) -> bytes:
    return _field(5, _field(1, name.encode()) + _number(3, value) + _number(20, _INT))


def _tensor(
    name: str, kind: int, values: "np.ndarray[tuple[int, ...], np.dtype[np.generic]]"
) -> bytes:
    dims = b"".join(_number(1, size) for size in values.shape)
    content = dims + _number(2, kind) + _field(8, name.encode()) + _field(9, values.tobytes())
    return _field(5, content)


def _value(name: str, *sizes: int) -> bytes:
    shape = b"".join(_field(1, _number(1, size) if size else _field(2, b"n")) for size in sizes)
    tensor = _number(1, _FLOAT) + _field(2, shape)
    return _field(1, name.encode()) + _field(2, _field(1, tensor))
