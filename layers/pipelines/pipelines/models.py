"""Models on disk: what their manifest promises, checked before they are trusted.

A model is a folder with ``manifest.json`` and the ONNX file that it names.
"""

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from pipelines.errors import ModelInvalid

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

MANIFEST = "manifest.json"
_THREADS = 2  # one film at a time; more gain little on networks of this size


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Tensor(_Frozen):
    """A named input or output of the network.

    Attributes:
        name: In the ONNX graph.
        shape: Sizes, first the films.
    """

    name: str
    shape: tuple[int, ...]


class Training(_Frozen):
    """Where the weights come from.

    Attributes:
        data: The films, in words.
        command: What to type to train the model again.
        seed: Of that command.
        films: SHA-256 of the file of each film trained on.
        held_out: SHA-256 of the file of each film held out.
    """

    data: str
    command: str
    seed: int
    films: tuple[str, ...] = ()
    held_out: tuple[str, ...] = ()


class Member(_Frozen):
    """One of several networks whose mean a model is.

    Attributes:
        output: Name in the ONNX graph of what this network gives alone, of the output's shape.
        left_out: SHA-256 of the file of each film that it was not trained on, while others were.
    """

    output: str
    left_out: tuple[str, ...]


class Manifest(_Frozen):
    """What a model is.

    Attributes:
        name: As reports name it.
        version: Of the weights.
        file: The ONNX file, beside the manifest.
        sha256: Of that file.
        input: What the network takes.
        output: What it gives.
        normalisation: How grey values become the input, in words.
        labels: What the output's channels are, in order.
        licence: Note on what the weights may be used for.
        training: Where they come from.
        members: The networks whose mean it is, where it is one: each can be measured on films that
            it has not seen.
        calibration: Points of the map from raw scores to probabilities, rising in both.
        rejection: Smallest raw score of a film that is of the kind the model reads.
        metrics: Figures measured by the program's ``evaluate``, by data set.
    """

    name: str
    version: str
    file: str = Field(pattern=r"^[\w.-]+\.onnx$")
    sha256: str = Field(pattern=r"^[0-9a-f]{64}$")
    input: Tensor
    output: Tensor
    normalisation: str
    labels: tuple[str, ...]
    licence: str
    training: Training
    members: tuple[Member, ...] = ()
    calibration: tuple[tuple[float, float], ...] = Field(min_length=2)
    rejection: float = Field(ge=0, le=1)
    metrics: dict[str, Any] = Field(default_factory=dict)


def read_manifest(folder: Path) -> Manifest:
    """Read the manifest of a model.

    Args:
        folder: The model's folder.

    Raises:
        ModelInvalid: It is missing or says something that a manifest cannot say.
    """
    path = folder / MANIFEST
    try:
        return Manifest.model_validate_json(path.read_bytes())
    except OSError:
        raise ModelInvalid(f"the model has no {MANIFEST}") from None
    except ValidationError as error:
        fields = ", ".join(
            sorted({".".join(map(str, one["loc"])) or "JSON" for one in error.errors()})
        )
        raise ModelInvalid(f"the model's {MANIFEST} is invalid: {fields}") from error


def open_model(folder: Path, labels: tuple[str, ...]) -> tuple[Manifest, "InferenceSession"]:
    """Open a model after checking that it is what its manifest says.

    Args:
        folder: The model's folder.
        labels: What the caller expects the output's channels to be, in order.

    Raises:
        ModelInvalid: The manifest or the file is missing, or hash, shapes or labels differ.
    """
    manifest = read_manifest(folder)
    if manifest.labels != labels:
        raise ModelInvalid(f"model {manifest.name} has other labels than are expected")
    try:
        weights = (folder / manifest.file).read_bytes()
    except OSError:
        raise ModelInvalid(f"model {manifest.name} has no file {manifest.file}") from None
    if hashlib.sha256(weights).hexdigest() != manifest.sha256:
        raise ModelInvalid(f"{manifest.file} is not the file that model {manifest.name} names")
    session = _session(weights, manifest)
    outputs = (manifest.output.name, *(member.output for member in manifest.members))
    for names, promised, actual in (
        ((manifest.input.name,), manifest.input, session.get_inputs()),
        (outputs, manifest.output, session.get_outputs()),
    ):
        found = [(tensor.name, tuple(tensor.shape)) for tensor in actual]
        if found != [(name, promised.shape) for name in names]:
            raise ModelInvalid(f"model {manifest.name} has another {promised.name} than it says")
    return manifest, session


def _session(weights: bytes, manifest: Manifest) -> "InferenceSession":
    import onnxruntime  # slow to import; only who opens a model pays for it

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = _THREADS
    options.inter_op_num_threads = 1
    options.log_severity_level = 3
    available = onnxruntime.get_available_providers()
    wanted = ("CUDAExecutionProvider", "CPUExecutionProvider")
    if wanted[0] in available:
        onnxruntime.preload_dlls()  # CUDA's libraries, which came as packages beside it
    try:
        return onnxruntime.InferenceSession(
            weights, options, providers=[name for name in wanted if name in available]
        )
    except Exception as error:  # onnxruntime's own exceptions share no base but Exception
        raise ModelInvalid(f"{manifest.file} of model {manifest.name} is no ONNX model") from error
