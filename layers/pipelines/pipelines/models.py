"""Models on disk: what their manifest promises, checked before they are trusted.

A model is a folder with ``manifest.json`` and the ONNX file that it names, or two: the network as
it was trained, and quantised, which a processor runs in half the time.
"""

import hashlib
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator

from pipelines.canvas import FloatArray
from pipelines.errors import InferenceFailed, ModelInvalid

if TYPE_CHECKING:
    from onnxruntime import InferenceSession

MANIFEST = "manifest.json"
ANY_NUMBER = 0  # as the first size of a tensor: of films, any number at once
_THREADS = 2  # more gain little on networks of this size

_GPU, _PROCESSOR = "CUDAExecutionProvider", "CPUExecutionProvider"
_GPU_OPTIONS = {
    # Trying all algorithms takes long for every number of films that has not come before, and finds
    # none that is faster than the one chosen by rule (ADR 22).
    "cudnn_conv_algo_search": "HEURISTIC",
    # TF32 halves the digits of what is multiplied. Little time is saved, and outlines of teeth
    # differ from those of a processor.
    "use_tf32": "0",
}
_ONNX_FILE: Any = Field(pattern=r"^[\w.-]+\.onnx$")
_SHA256: Any = Field(pattern=r"^[0-9a-f]{64}$")


class _Frozen(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class Tensor(_Frozen):
    """A named input or output of the network.

    Attributes:
        name: In the ONNX graph.
        shape: Sizes, first the films: 1 for a network that reads one at a time, 0 for one that
            reads any number at once, whose graph has a symbol in this place.
    """

    name: str
    shape: tuple[int, ...]

    @field_validator("shape")
    @classmethod
    def _of_one_film_or_any_number(cls, shape: tuple[int, ...]) -> tuple[int, ...]:
        if shape[:1] not in ((1,), (ANY_NUMBER,)) or any(size < 1 for size in shape[1:]):
            raise ValueError("must begin with 1 or 0, and have no size below 1 after that")
        return shape


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


class Quantised(_Frozen):
    """The same network with most of its numbers in 8 bits, for processors: they run it faster.

    Attributes:
        file: The ONNX file, beside the manifest.
        sha256: Of that file.
        made_of: SHA-256 of the file that it was made of.
    """

    file: str = _ONNX_FILE
    sha256: str = _SHA256
    made_of: str = _SHA256


class Manifest(_Frozen):
    """What a model is.

    Attributes:
        name: As reports name it.
        version: Of the weights.
        file: The ONNX file, beside the manifest.
        sha256: Of that file.
        quantised: What is read with instead where there is no GPU, if there is one.
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
    file: str = _ONNX_FILE
    sha256: str = _SHA256
    quantised: Quantised | None = None
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

    @property
    def reads_together(self) -> bool:
        """Whether the network reads any number of films at once."""
        return self.input.shape[0] == self.output.shape[0] == ANY_NUMBER


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


def write_manifest(manifest: Manifest, folder: Path) -> None:
    """Write the manifest of a model into its folder."""
    text = manifest.model_dump_json(indent=1) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")


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
    quantised = manifest.quantised
    if quantised is not None and quantised.made_of != manifest.sha256:
        raise ModelInvalid(f"{quantised.file} of model {manifest.name} was made of another file")
    session = _opened(folder, manifest, manifest, _GPU) if _GPU in _available() else None
    if session is None or not _on_gpu(session):  # its libraries or its driver may be missing
        session = _opened(folder, manifest, quantised or manifest, _PROCESSOR)
    outputs = (manifest.output.name, *(member.output for member in manifest.members))
    for names, promised, actual in (
        ((manifest.input.name,), manifest.input, session.get_inputs()),
        (outputs, manifest.output, session.get_outputs()),
    ):
        found = [(tensor.name, _sizes(tensor.shape)) for tensor in actual]
        if found != [(name, promised.shape) for name in names]:
            raise ModelInvalid(f"model {manifest.name} has another {promised.name} than it says")
    return manifest, session


def run_network(
    session: "InferenceSession",
    manifest: Manifest,
    canvases: Sequence[FloatArray],
    output: str | None = None,
) -> list[FloatArray | InferenceFailed]:
    """What a network gives for some films.

    In one run, where a GPU runs it and it reads any number at once. A processor is busy with one
    film, and would only hold the numbers between the layers of all of them.

    Args:
        session: The network.
        manifest: What it says of itself.
        canvases: Of each film, ``(rows, columns)`` as the network takes them.
        output: What to ask it for, if not for what the manifest names: a member's output.

    Returns:
        For each film what the network gives, without the axis of the films; or why it has none.
    """
    wanted = output or manifest.output.name
    if manifest.reads_together and len(canvases) > 1 and _on_gpu(session):
        try:
            return _run(session, manifest, canvases, wanted)
        except InferenceFailed:
            pass  # such as for want of memory: one film needs less of it
    outcomes: list[FloatArray | InferenceFailed] = []
    for canvas in canvases:
        try:
            outcomes += _run(session, manifest, [canvas], wanted)
        except InferenceFailed as failed:
            outcomes.append(failed)
    return outcomes


def _run(
    session: "InferenceSession", manifest: Manifest, canvases: Sequence[FloatArray], wanted: str
) -> list[FloatArray | InferenceFailed]:
    name = manifest.name
    try:
        (given,) = session.run([wanted], {manifest.input.name: np.stack(canvases)[:, None]})
    except Exception as error:  # onnxruntime's own exceptions share no base but Exception
        raise InferenceFailed(f"the network {name} failed on this film") from error
    no_numbers = InferenceFailed(f"the network {name} gave no numbers for this film")
    return [one if np.isfinite(one).all() else no_numbers for one in given]


def _sizes(shape: Sequence[object]) -> tuple[object, ...]:
    """A shape of ONNX Runtime as manifests have it: a symbol in the first place is any number."""
    first = shape[0] if shape and isinstance(shape[0], int) else ANY_NUMBER
    return (first, *shape[1:])


def _available() -> list[str]:
    """What the installed ONNX Runtime can run networks on, if the machine has it."""
    import onnxruntime  # slow to import; only who opens a model pays for it

    names: list[str] = onnxruntime.get_available_providers()
    return names


def _on_gpu(session: "InferenceSession") -> bool:
    return bool(session.get_providers()[0] == _GPU)


def _opened(
    folder: Path, manifest: Manifest, chosen: Manifest | Quantised, provider: str
) -> "InferenceSession":
    try:
        weights = (folder / chosen.file).read_bytes()
    except OSError:
        raise ModelInvalid(f"model {manifest.name} has no file {chosen.file}") from None
    if hashlib.sha256(weights).hexdigest() != chosen.sha256:
        raise ModelInvalid(f"{chosen.file} is not the file that model {manifest.name} names")
    try:
        return _session(weights, provider)
    except Exception as error:  # onnxruntime's own exceptions share no base but Exception
        raise ModelInvalid(f"{chosen.file} of model {manifest.name} is no ONNX model") from error


def _session(weights: bytes, provider: str) -> "InferenceSession":
    import onnxruntime

    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = _THREADS
    options.inter_op_num_threads = 1
    # A thread that has nothing to do would otherwise wait busily: for the other one, and after the
    # network for the next film.
    options.add_session_config_entry("session.intra_op.allow_spinning", "0")
    options.log_severity_level = 3
    if provider == _PROCESSOR:
        return onnxruntime.InferenceSession(weights, options, providers=[_PROCESSOR])
    onnxruntime.preload_dlls()  # CUDA's libraries, which came as packages beside it
    return onnxruntime.InferenceSession(
        weights, options, providers=[(_GPU, _GPU_OPTIONS), _PROCESSOR]
    )
