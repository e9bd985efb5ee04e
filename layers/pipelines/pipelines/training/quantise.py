"""A trained network with most of its numbers in 8 bits, which processors run in half the time.

What lies between the first convolutions, which see the film, and the last, which give the maps, is
computed in integers; these stay as they were trained. The range of each layer's values is taken
from films that the network was trained on. Weights have 7 bits: with 8, processors without
instructions made for it (VNNI) would overflow now and then, and read a film differently.
"""

import hashlib
import tempfile
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy.typing as npt
import onnx
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from pipelines.canvas import FloatArray
from pipelines.models import Manifest, Quantised, read_manifest, write_manifest
from pipelines.training.onnx_file import leave_out_notes, spread_softmax

FILE = "quantised.onnx"
_KINDS = ("Conv", "Relu", "Add", "Concat", "Resize", "MaxPool")


class _Films(CalibrationDataReader):
    """What ONNX Runtime takes the ranges from: one film after another."""

    def __init__(self, name: str, canvases: Iterable[FloatArray]) -> None:
        self._name = name
        self._canvases = iter(canvases)

    def get_next(self) -> dict[str, npt.NDArray[Any]] | None:
        """The network's input, or ``None`` after the last film."""
        canvas = next(self._canvases, None)
        return None if canvas is None else {self._name: canvas[None, None]}


def quantise(folder: Path, canvases: Iterable[FloatArray]) -> Manifest:
    """Write the quantised network of a model beside it, and name it in the manifest.

    Args:
        folder: The model's folder.
        canvases: Films that the network was trained on, ``(rows, columns)`` as it takes them.

    Returns:
        The manifest, with a new version: films are now read by other numbers.

    Raises:
        ModelInvalid: The manifest is missing or invalid.
    """
    manifest = read_manifest(folder)
    with tempfile.TemporaryDirectory() as temporary:
        merged = Path(temporary) / "merged.onnx"  # with constants computed and norms in weights
        quant_pre_process(str(folder / manifest.file), str(merged), skip_symbolic_shape=True)
        network = onnx.load(merged)
        spread_softmax(network.graph)
        quantize_static(
            network,
            folder / FILE,
            _Films(manifest.input.name, canvases),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=list(_KINDS),
            nodes_to_quantize=_inner(network.graph),
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
    network = onnx.load(folder / FILE)
    leave_out_notes(network)
    onnx.save(network, folder / FILE)
    sha256 = hashlib.sha256((folder / FILE).read_bytes()).hexdigest()
    quantised = manifest.model_copy(
        update={
            "quantised": Quantised(file=FILE, sha256=sha256, made_of=manifest.sha256),
            "version": f"{datetime.now(UTC):%Y.%m.%d}+{sha256[:8]}",
        }
    )
    write_manifest(quantised, folder)
    return quantised


def _inner(graph: onnx.GraphProto) -> list[str]:
    """The nodes that lie behind a convolution and before another."""
    nodes = list(graph.node)
    giver = {name: node.name for node in nodes for name in node.output}
    before = {node.name: [giver[name] for name in node.input if name in giver] for node in nodes}
    after: dict[str, list[str]] = {node.name: [] for node in nodes}
    for name, givers in before.items():
        for one in givers:
            after[one].append(name)
    convolutions = [node.name for node in nodes if node.op_type == "Conv"]
    inner = _reached(convolutions, after) & _reached(convolutions, before)
    return [node.name for node in nodes if node.name in inner and node.op_type in _KINDS]


def _reached(start: Iterable[str], next_ones: Mapping[str, Iterable[str]]) -> set[str]:
    """Whatever follows some nodes, step by step."""
    seen: set[str] = set()
    pending = [one for first in start for one in next_ones[first]]
    while pending:
        one = pending.pop()
        if one not in seen:
            seen.add(one)
            pending += next_ones[one]
    return seen
