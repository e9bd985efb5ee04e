"""A trained network with most of its numbers in 8 bits, which processors run in half the time.

What lies between the first convolutions, which see the film, and the last, which give the maps, is
computed in integers; these stay as they were trained. The range of each layer's values is taken
from films that the network was trained on. Weights have 7 bits: with 8, processors without
instructions made for it (VNNI) would overflow now and then, and read a film differently.
"""

import hashlib
import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy.typing as npt
import onnx
from onnxruntime.quantization import CalibrationDataReader, QuantFormat, QuantType, quantize_static
from onnxruntime.quantization.shape_inference import quant_pre_process

from pipelines.canvas import FloatArray
from pipelines.models import MANIFEST, Manifest, Quantised, read_manifest
from pipelines.training.onnx_file import leave_out_notes, spread_softmax

_FILE = "quantised.onnx"
_KINDS = ("Conv", "Relu", "Add", "Concat", "Resize", "MaxPool")


_CARD = "CARD.md"
_SECTION = """
## On a processor

Where there is no GPU, films are read with `{file}`: the same network with most of its numbers
in 8 bits. What `xray quantise` measured with both, side by side, on films that were not trained on:

{table}
"""

Figures = Mapping[str, float | None]


@dataclass(frozen=True)
class Comparison:
    """The same figures, measured with the networks as they were trained, and quantised."""

    as_trained: Figures
    quantised: Figures

    def table(self) -> str:
        """As Markdown."""
        names = [name.replace("_", " ") for name in self.as_trained]
        rows = [("as trained", self.as_trained), ("quantised", self.quantised)]
        cells = [f"| {title} | {' | '.join(map(str, one.values()))} |" for title, one in rows]
        return "\n".join([f"| | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|", *cells])


def quantise_folder(
    folder: Path,
    task_type: str,
    seen: Callable[[Path], Mapping[str, Iterable[FloatArray]]],
    measure: Callable[[Path], Figures],
) -> Comparison:
    """Quantise the models of a task type, and write into manifests and card what that changed.

    What stands in the folder is replaced only when all of it is ready.

    Args:
        folder: With a model, or with one in each of its folders.
        task_type: What the models read.
        seen: From such a folder to the models in it, by their place in it, and to films that each
            was trained on, as :func:`quantise` takes them.
        measure: From a folder of all task types to what is compared, on films not trained on.

    Raises:
        ModelInvalid: A manifest is missing or invalid.
    """
    with tempfile.TemporaryDirectory() as temporary:
        models = Path(temporary)
        staged = models / task_type
        shutil.copytree(folder, staged)
        films = seen(staged)
        before = {name: _as_trained(staged / name) for name in films}
        as_trained = measure(models)
        for name, canvases in films.items():
            quantise(staged / name, canvases)
        compared = Comparison(as_trained, measure(models))
        for name, manifest in before.items():
            _note(staged, name, manifest, compared)
        files = [f"{name}/{file}" for file in (_FILE, MANIFEST) for name in films]
        for file in (_CARD, *files):  # a manifest last: it names what must be there already
            shutil.copyfile(staged / file, folder / f"{file}.new")
            os.replace(folder / f"{file}.new", folder / file)  # noqa: PTH105
    return compared


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
            folder / _FILE,
            _Films(manifest.input.name, canvases),
            quant_format=QuantFormat.QDQ,
            op_types_to_quantize=list(_KINDS),
            nodes_to_quantize=_inner(network.graph),
            per_channel=True,
            reduce_range=True,
            activation_type=QuantType.QUInt8,
            weight_type=QuantType.QInt8,
        )
    network = onnx.load(folder / _FILE)
    leave_out_notes(network)
    onnx.save(network, folder / _FILE)
    sha256 = hashlib.sha256((folder / _FILE).read_bytes()).hexdigest()
    quantised = manifest.model_copy(
        update={
            "quantised": Quantised(file=_FILE, sha256=sha256, made_of=manifest.sha256),
            "version": f"{datetime.now(UTC):%Y.%m.%d}+{sha256[:8]}",
        }
    )
    _write(quantised, folder)
    return quantised


def _as_trained(folder: Path) -> Manifest:
    """A model's manifest, after it was made to name no quantised network."""
    manifest = read_manifest(folder)
    _write(manifest.model_copy(update={"quantised": None}), folder)
    return manifest


def _note(staged: Path, name: str, before: Manifest, compared: Comparison) -> None:
    """Write into manifest and card what came of it."""
    manifest = read_manifest(staged / name)
    figures = {"as_trained": compared.as_trained, "quantised": compared.quantised}
    metrics = before.metrics | {"quantisation": figures}
    _write(manifest.model_copy(update={"metrics": metrics}), staged / name)
    card = staged / _CARD
    text = card.read_text(encoding="utf-8").replace(before.version, manifest.version)
    own = text.partition(_SECTION.partition("{file}")[0])[0]
    section = _SECTION.format(file=_FILE, table=compared.table())
    card.write_text(own + section, encoding="utf-8")


def _write(manifest: Manifest, folder: Path) -> None:
    text = manifest.model_dump_json(indent=1) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")


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
