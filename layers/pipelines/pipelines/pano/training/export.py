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
import torch

from pipelines.models import MANIFEST, Manifest, Tensor, Training
from pipelines.pano.evaluation.dataset import AnnotatedPano
from pipelines.pano.evaluation.evaluate import Evaluator, Tally, evaluate_drawn
from pipelines.pano.maps import STRIDE
from pipelines.pano.modules.caries import pre_post as caries
from pipelines.pano.modules.teeth import predictor as teeth
from pipelines.pano.training.card import card
from pipelines.pano.training.network import ExportNet, PanoNet

_OPSET = 18
_LABELS = {"teeth": teeth.LABELS, "caries": caries.LABELS}
_BINS = 6  # of the calibration; each has enough teeth to tell 10 % apart
# A film is of another kind when the network is by a third less sure of its teeth than on the
# held-out film that it is least sure of.
_REJECTION = 2 / 3
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
        gate: What else was measured of the gate, a sentence or none.
    """

    dataset: Path
    command: str
    seed: int
    drawn_tests: int
    layouts: int
    remark: str = ""
    gate: str = ""


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
        manifests = {}
        for name, one in fitted.items():
            (staged / name).mkdir(parents=True)
            _write_onnx(one, staged / name / "model.onnx")
            manifests[name] = _manifest(name, one, origin, staged / name / "model.onnx")
            _write(manifests[name], staged / name)
        tally = _held_out(models, fitted)
        manifests["teeth"] = manifests["teeth"].model_copy(
            update={
                "calibration": calibrate(tally.confidences),
                "rejection": round(_REJECTION * min(tally.certainties, default=0.0), 3),
            }
        )
        _write(manifests["teeth"], staged / "teeth")
        metrics = {"held_out": _held_out(models, fitted).figures()}
        metrics["synthetic"] = _drawn_figures(origin.drawn_tests, models)
        for name, manifest in manifests.items():
            manifests[name] = manifest.model_copy(update={"metrics": metrics})
            _write(manifests[name], staged / name)
        (staged / "CARD.md").write_text(
            card(manifests, origin.drawn_tests, (origin.remark, origin.gate)), encoding="utf-8"
        )
        _publish(staged, out, list(fitted))
    return out


def calibrate(scores: Sequence[tuple[float, bool]]) -> tuple[tuple[float, float], ...]:
    """A rising map from a tooth's score to the probability of being right.

    Bins of equal size, each with the share that was right (Laplace's rule), pooled where the
    share falls (pool adjacent violators, Ayer et al. 1955).

    Args:
        scores: Score in 0…1 and whether the tooth and its number were right.
    """
    pools: list[tuple[int, float, float]] = []  # how many, sum of scores, how many right
    for part in np.array_split(np.array(sorted(scores), dtype=np.float64), _BINS):
        if not len(part):
            continue
        pools.append((len(part), float(part[:, 0].sum()), float(part[:, 1].sum())))
        while len(pools) > 1 and _share(pools[-2]) >= _share(pools[-1]):
            last, before = pools.pop(), pools.pop()
            pools.append((before[0] + last[0], before[1] + last[1], before[2] + last[2]))
    inner = [(round(pool[1] / pool[0], 4), round(_share(pool), 4)) for pool in pools]
    return ((0.0, 0.0), *inner, (1.0, max(inner[-1][1], 0.98) if inner else 1.0))


def _share(pool: tuple[int, float, float]) -> float:
    return (pool[2] + 1) / (pool[0] + 2)


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
            data=f"{len(trained)} films of the data set {origin.dataset.name}{drawn}.",
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
