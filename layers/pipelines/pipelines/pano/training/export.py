"""From fitted networks to model folders: ONNX, manifests and the card."""

import functools
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
from pipelines.models import (
    ANY_NUMBER,
    MANIFEST,
    Manifest,
    Member,
    Tensor,
    Training,
    write_manifest,
)
from pipelines.pano.evaluation.dataset import AnnotatedPano
from pipelines.pano.evaluation.evaluate import Evaluator, Tally, both, evaluate_drawn
from pipelines.pano.maps import STRIDE
from pipelines.pano.modules.caries import pre_post as caries
from pipelines.pano.modules.teeth import predictor as teeth
from pipelines.pano.training import gate
from pipelines.pano.training.card import card
from pipelines.pano.training.network import ExportNet, MeanNet, PanoNet
from pipelines.training.onnx_file import shrink

_OPSET = 18
_LABELS = {"teeth": teeth.LABELS, "caries": caries.LABELS}
_BINS = 6  # of the calibration; each has enough teeth to tell 10 % apart
# A film is of another kind when the networks are by a fifth less sure of its teeth than one of them
# was on the film, of those that it left out, that it was least sure of (0.34). Measured with their
# mean: 93 panoramics 0.54 and more, 16 strips of cephalograms in the shape of a panoramic 0.18 at
# most, where they have four teeth at all.
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
        films: The films trained on, and those left out.
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
    """

    dataset: Path
    command: str
    seed: int
    drawn_tests: int
    layouts: int
    remark: str = ""
    about: str = ""


Members = Sequence[Mapping[str, Fitted]]
"""The networks whose mean the models are: of each fold its ``teeth`` and ``caries``."""


def export(members: Members, origin: Origin, out: Path) -> Path:
    """Write the model folders; what stands there is replaced only when all of it is ready.

    Calibration, the bound of rejection and all figures are measured on films that whoever reads
    them was not trained on, with the exported files.

    Args:
        members: The networks. Of one, the films that it left out are held out; of several, each
            is measured on what it left out, which is a cross-validation.
        origin: Where the weights come from.
        out: Folder for ``teeth``, ``caries`` and ``CARD.md``.

    Returns:
        The folder.
    """
    with tempfile.TemporaryDirectory() as temporary:
        models = Path(temporary)
        staged = models / "pano"
        manifests = stage(members, origin, models)
        tallies = _left_out(models, members)
        tally = functools.reduce(both, tallies)
        scores = [_arrays(film) for film in tally.confidences if film]
        sure, right = _arrays([one for film in tally.confidences for one in film])
        least = min((float(film.mean()) for film, _ in scores), default=0.0)
        manifests["teeth"] = manifests["teeth"].model_copy(
            update={
                "calibration": calibrate(sure, right, _BINS),
                "rejection": round(_REJECTION * least, 3),
            }
        )
        write_manifest(manifests["teeth"], staged / "teeth")
        metrics: dict[str, Any] = {
            **_real(tallies),
            "reliability": reliability(scores, _BINS),
            "synthetic": _drawn_figures(origin.drawn_tests, models),
            "gate": gate.measure(models),
        }
        for name, manifest in manifests.items():
            manifests[name] = manifest.model_copy(update={"metrics": metrics})
            write_manifest(manifests[name], staged / name)
        (staged / "CARD.md").write_text(
            card(manifests, origin.drawn_tests, origin.remark), encoding="utf-8"
        )
        _publish(staged, out, list(manifests))
    return out


def stage(members: Members, origin: Origin, models: Path) -> dict[str, Manifest]:
    """The model folders in ``models/pano`` before anything was measured."""
    manifests = {}
    for name in members[0]:
        folder = models / "pano" / name
        folder.mkdir(parents=True)
        fitted = [member[name] for member in members]
        _write_onnx(fitted, folder / "model.onnx")
        manifests[name] = _manifest(name, fitted, origin, folder / "model.onnx")
        write_manifest(manifests[name], folder)
    return manifests


def _arrays(
    scores: Sequence[tuple[float, bool]],
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    return np.array([one for one, _ in scores]), np.array([one for _, one in scores], dtype=bool)


def _left_out(models: Path, members: Members) -> list[Tally]:
    """What each network reads alone on the films that it left out."""
    return [
        Evaluator(models, number).measure(
            film for fitted in member.values() for film in fitted.films[1]
        )
        for number, member in enumerate(members)
    ]


def _real(tallies: Sequence[Tally]) -> dict[str, Any]:
    """The figures on real films, under the name of how they were measured."""
    figures = functools.reduce(both, tallies).figures()
    if len(tallies) == 1:
        return {"held_out": figures}
    each = [tally.figures() for tally in tallies]
    keys = ("tooth_dice", "numbering_f1", "caries_dice")
    by_fold = {f"{key}_by_fold": [one[key] for one in each] for key in keys}
    return {"cross_validation": figures | by_fold}


def _drawn_figures(count: int, models: Path) -> dict[str, Any]:
    figures = evaluate_drawn(count, models)
    return {
        key: value
        for key, value in figures.items()
        if key.startswith(("n_films", "n_teeth", "tooth", "numbering", "separation", "per_tooth"))
    }


def _write_onnx(fitted: Sequence[Fitted], path: Path) -> None:
    canvas = fitted[0].canvas
    networks = [one.network.to(memory_format=torch.contiguous_format) for one in fitted]
    outputs = ["maps", *_outputs(len(networks))]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # torch's exporter warns of torch's own outdated calls
        torch.onnx.export(
            MeanNet([ExportNet(one, canvas) for one in networks]).eval(),
            # Of a single film the exporter would take one for the only number of films.
            (torch.zeros(2, 1, *canvas),), path, input_names=["film"], output_names=outputs,
            dynamic_shapes=({0: torch.export.Dim("films")},),
            opset_version=_OPSET, external_data=False, dynamo=True, verbose=False,
        )  # fmt: skip
    shrink(path)


def _outputs(networks: int) -> list[str]:
    """Names of what each of several networks gives alone."""
    return [f"maps{number}" for number in range(1, networks + 1)] if networks > 1 else []


def _manifest(name: str, fitted: Sequence[Fitted], origin: Origin, weights: Path) -> Manifest:
    sha256 = hashlib.sha256(weights.read_bytes()).hexdigest()
    rows, columns = (side // STRIDE for side in fitted[0].canvas)
    trained = _hashes(film for one in fitted for film in one.films[0])
    left_out = [_hashes(one.films[1]) for one in fitted]
    return Manifest(
        name=f"pano-{name}",
        version=f"{datetime.now(UTC):%Y.%m.%d}+{sha256[:8]}",
        file=weights.name,
        sha256=sha256,
        input=Tensor(name="film", shape=(ANY_NUMBER, 1, *fitted[0].canvas)),
        output=Tensor(name="maps", shape=(ANY_NUMBER, len(_LABELS[name]), rows, columns)),
        normalisation="grey values from the film's 0.5th to its 99.5th percentile become 0…1",
        labels=_LABELS[name],
        licence=_LICENCE,
        training=Training(
            data=_data(name, len(trained), len(fitted), origin),
            command=origin.command,
            seed=origin.seed,
            films=trained,
            held_out=left_out[0] if len(fitted) == 1 else (),
        ),
        members=tuple(
            Member(output=output, left_out=films)
            for output, films in zip(_outputs(len(fitted)), left_out, strict=False)
        ),
        calibration=((0.0, 0.0), (1.0, 1.0)),
        rejection=0.0,
    )


def _hashes(films: Iterable[AnnotatedPano]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(film.sha256() for film in films))


def _data(name: str, films: int, networks: int, origin: Origin) -> str:
    """What the weights were fitted to, in words."""
    words = [f"{films} films of the data set {origin.dataset.name}"]
    if name == "teeth":
        words.append(
            " with outlined teeth, further ones as the network itself reads them, and films drawn "
            f"about {origin.layouts} layouts"
        )
    if networks > 1:
        words.append(
            f"; in {networks} parts, of which each of as many networks left one out: what it reads "
            "there is the cross-validation, and the model is their mean"
        )
    return "".join(words) + "." + (f" {origin.about}" if origin.about else "")


def _publish(staged: Path, out: Path, names: Iterable[str]) -> None:
    files = ["CARD.md"]
    # The manifests last: until then the old ones refuse the new weights by their hash.
    files += [f"{name}/{file}" for file in ("model.onnx", MANIFEST) for name in names]
    for name in files:
        target = out / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(staged / name, target.with_name(f"{target.name}.new"))
        os.replace(target.with_name(f"{target.name}.new"), target)  # noqa: PTH105
