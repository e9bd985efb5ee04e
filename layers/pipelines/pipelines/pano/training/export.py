"""From fitted networks to model folders: ONNX, manifests and the card."""

import hashlib
import os
import shutil
import tempfile
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from pipelines.calibration import calibrate, reliability
from pipelines.models import MANIFEST, Manifest, Tensor, Training
from pipelines.pano.evaluation.dataset import AnnotatedPano
from pipelines.pano.evaluation.evaluate import Evaluator, Tally, both, evaluate_drawn
from pipelines.pano.maps import STRIDE
from pipelines.pano.modules.caries import pre_post as caries
from pipelines.pano.modules.teeth import predictor as teeth
from pipelines.pano.training import gate
from pipelines.pano.training.card import card
from pipelines.pano.training.network import ExportNet, PanoNet

_OPSET = 18
_LABELS = {"teeth": teeth.LABELS, "caries": caries.LABELS}
_BINS = 6  # of the calibration; each has enough teeth to tell 10 % apart
# A film is of another kind when the network is by a fifth less sure of its teeth than on the
# held-out film that it is least sure of (0.61). Measured: 93 panoramics 0.50 and more, 18 strips of
# cephalograms in the shape of a panoramic 0.46 at most, where they have four teeth at all.
_REJECTION = 0.8
_LICENCE = (
    "For research and evaluation only, not for clinical or commercial use, unless whoever owns the "
    "films that the weights were fitted to has allowed more."
)


@dataclass(frozen=True)
class Fitted:
    """A fitted network.

    Attributes:
        network: The network.
        canvas: Its input's rows and columns.
        films: The films trained on, and those held out.
    """

    network: PanoNet
    canvas: tuple[int, int]
    films: tuple[Sequence[AnnotatedPano], Sequence[AnnotatedPano]]


@dataclass(frozen=True)
class Origin:
    """Where weights come from.

    Attributes:
        dataset: Folder of the data set.
        command: What to type to train again.
        seed: Of that command.
        drawn_tests: How many synthetic films to measure on.
        layouts: How many layouts films were drawn about.
        remark: What else is to be said of the training, a sentence or none.
        about: What is to be said of the films, a sentence or none.
        left_out: The figures of :func:`cross_validate`, if it was done.
    """

    dataset: Path
    command: str
    seed: int
    drawn_tests: int
    layouts: int
    remark: str = ""
    about: str = ""
    left_out: Mapping[str, Any] | None = None


def export(fitted: Mapping[str, Fitted], origin: Origin, out: Path) -> Path:
    """Write the model folders; what stands there is replaced only when all of it is ready.

    Calibration, the bound of rejection and all figures are measured on the held-out films, with
    the exported files.

    Args:
        fitted: The networks of ``teeth`` and ``caries``.
        origin: Where the weights come from.
        out: Folder for ``teeth``, ``caries`` and ``CARD.md``.

    Returns:
        The folder.
    """
    with tempfile.TemporaryDirectory() as temporary:
        models = Path(temporary)
        staged = models / "pano"
        manifests = stage(fitted, origin, models)
        tally = _held_out(models, fitted)
        scores = [_arrays(film) for film in tally.confidences if film]
        sure, right = _arrays([one for film in tally.confidences for one in film])
        least = min((float(film.mean()) for film, _ in scores), default=0.0)
        manifests["teeth"] = manifests["teeth"].model_copy(
            update={
                "calibration": calibrate(sure, right, _BINS),
                "rejection": round(_REJECTION * least, 3),
            }
        )
        _write(manifests["teeth"], staged / "teeth")
        metrics: dict[str, Any] = {
            "held_out": _held_out(models, fitted).figures(),
            "reliability": reliability(scores, _BINS),
            "synthetic": _drawn_figures(origin.drawn_tests, models),
            "gate": gate.measure(models),
        }
        if origin.left_out is not None:
            metrics["cross_validation"] = dict(origin.left_out)
        for name, manifest in manifests.items():
            manifests[name] = manifest.model_copy(update={"metrics": metrics})
            _write(manifests[name], staged / name)
        (staged / "CARD.md").write_text(
            card(manifests, origin.drawn_tests, origin.remark), encoding="utf-8"
        )
        _publish(staged, out, list(fitted))
    return out


def stage(fitted: Mapping[str, Fitted], origin: Origin, models: Path) -> dict[str, Manifest]:
    """The model folders in ``models/pano`` before anything was measured."""
    manifests = {}
    for name, one in fitted.items():
        folder = models / "pano" / name
        folder.mkdir(parents=True)
        _write_onnx(one, folder / "model.onnx")
        manifests[name] = _manifest(name, one, origin, folder / "model.onnx")
        _write(manifests[name], folder)
    return manifests


def _arrays(
    scores: Sequence[tuple[float, bool]],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    return np.array([one for one, _ in scores]), np.array([one for _, one in scores], dtype=bool)


def cross_validate(folds: Iterable[Mapping[str, Fitted]], origin: Origin) -> dict[str, Any]:
    """The figures of films that networks left out of their training.

    Args:
        folds: Networks of ``teeth`` and ``caries`` with the films that they were trained on and
            those that they left out.
        origin: Where the weights come from.

    Returns:
        The figures over all films, and ``tooth_dice_by_fold`` and ``caries_dice_by_fold``.
    """
    total = Tally()
    each = []
    for fitted in folds:
        with tempfile.TemporaryDirectory() as models:
            stage(fitted, origin, Path(models))
            tally = _held_out(Path(models), fitted)
        each.append(tally.figures())
        total = both(total, tally)
    by_fold = {
        f"{key}_by_fold": [one[key] for one in each] for key in ("tooth_dice", "caries_dice")
    }
    return {**total.figures(), **by_fold}


def _held_out(models: Path, fitted: Mapping[str, Fitted]) -> Tally:
    return Evaluator(models).measure(film for one in fitted.values() for film in one.films[1])


def _drawn_figures(count: int, models: Path) -> dict[str, Any]:
    figures = evaluate_drawn(count, models)
    return {
        key: value
        for key, value in figures.items()
        if key.startswith(("n_films", "n_teeth", "tooth", "numbering", "separation", "per_tooth"))
    }


def _write_onnx(one: Fitted, path: Path) -> None:
    film = torch.zeros(1, 1, *one.canvas)
    network = ExportNet(one.network.to(memory_format=torch.contiguous_format), one.canvas).eval()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's exporter warns of torch's own outdated calls
        torch.onnx.export(
            network, (film,), path, input_names=["film"], output_names=["maps"],
            opset_version=_OPSET, external_data=False, dynamo=True, verbose=False,
        )  # fmt: skip


def _manifest(name: str, one: Fitted, origin: Origin, weights: Path) -> Manifest:
    sha256 = hashlib.sha256(weights.read_bytes()).hexdigest()
    rows, columns = (side // STRIDE for side in one.canvas)
    trained, held_out = one.films
    drawn = (
        f" with outlined teeth, further ones as the network itself reads them, and films drawn "
        f"about {origin.layouts} layouts"
        if name == "teeth"
        else ""
    )
    return Manifest(
        name=f"pano-{name}",
        version=f"{datetime.now(UTC):%Y.%m.%d}+{sha256[:8]}",
        file=weights.name,
        sha256=sha256,
        input=Tensor(name="film", shape=(1, 1, *one.canvas)),
        output=Tensor(name="maps", shape=(1, len(_LABELS[name]), rows, columns)),
        normalisation="grey values from the film's 0.5th to its 99.5th percentile become 0…1",
        labels=_LABELS[name],
        licence=_LICENCE,
        training=Training(
            data=f"{len(trained)} films of the data set {origin.dataset.name}{drawn}."
            + (f" {origin.about}" if origin.about else ""),
            command=origin.command,
            seed=origin.seed,
            films=tuple(film.sha256() for film in trained),
            held_out=tuple(film.sha256() for film in held_out),
        ),
        calibration=((0.0, 0.0), (1.0, 1.0)),
        rejection=0.0,
    )


def _write(manifest: Manifest, folder: Path) -> None:
    text = manifest.model_dump_json(indent=1) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")


def _publish(staged: Path, out: Path, names: Iterable[str]) -> None:
    files = ["CARD.md"]
    # The manifests last: until then the old ones refuse the new weights by their hash.
    files += [f"{name}/{file}" for file in ("model.onnx", MANIFEST) for name in names]
    for name in files:
        target = out / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(staged / name, target.with_name(f"{target.name}.new"))
        os.replace(target.with_name(f"{target.name}.new"), target)  # noqa: PTH105
