"""From fitted weights to a model folder: ONNX, manifest and card."""

import hashlib
import logging
import os
import shutil
import tempfile
import warnings
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import numpy.typing as npt
import onnx
import torch

from pipelines.ceph.evaluation.dataset import AnnotatedFilm
from pipelines.ceph.evaluation.evaluate import annotated_cases, drawn_cases, evaluate
from pipelines.ceph.landmarks import ABBREVIATIONS
from pipelines.ceph.modules.landmarks.predictor import LandmarkPredictor
from pipelines.ceph.training.card import card
from pipelines.ceph.training.network import STRIDE, HeatmapNet, LandmarkNet
from pipelines.film import read_film
from pipelines.models import MANIFEST, Manifest, Tensor, Training

_OPSET = 18
_BINS = 8  # of the calibration; each has enough points to tell 5 % apart
_RIGHT_MM = 2.0
# A film is of another kind when its heatmaps are this much less concentrated, on average, than
# those of the least certain held-out one (0.56). Measured: cephalograms cut close to the face 0.48
# and more, on their head 0.36 at most, on their side 0.26, mirrored 0.21, 93 panoramics 0.23,
# noise and blank films 0.02.
_REJECTION = 0.7
_LICENCE = (
    "For research and evaluation only, not for clinical or commercial use, unless whoever owns the "
    "films that the weights were fitted to has allowed more."
)


@dataclass(frozen=True)
class Origin:
    """Where weights come from.

    Attributes:
        data: What was trained on, in words.
        command: What to type to train again.
        seed: Of that command.
        films: The films trained on.
        held_out: The films held out.
        drawn_tests: How many other synthetic films to measure on.
    """

    data: str
    command: str
    seed: int
    films: Sequence[AnnotatedFilm]
    held_out: Sequence[AnnotatedFilm]
    drawn_tests: int


def export(network: LandmarkNet, canvas: tuple[int, int], origin: Origin, out: Path) -> Path:
    """Write the model folder; what stands there is replaced only when all of it is ready.

    Calibration, the bound of rejection and all figures are measured on the held-out films, with
    the exported file.

    Args:
        network: The fitted network.
        canvas: Its input, rows and columns.
        origin: Where the weights come from.
        out: The folder.

    Returns:
        The folder.
    """
    with tempfile.TemporaryDirectory() as temporary:
        models = Path(temporary)
        folder = models / "ceph"
        folder.mkdir()
        _write_onnx(network, canvas, folder / "model.onnx")
        manifest = _manifest(folder / "model.onnx", canvas, origin)
        _write_manifest(manifest, folder)
        masses, right = _held_out_scores(LandmarkPredictor(folder), origin.held_out)
        manifest = manifest.model_copy(
            update={
                "calibration": calibrate(masses.ravel(), right.ravel()),
                "rejection": round(_REJECTION * float(masses.mean(axis=1).min()), 3),
            }
        )
        _write_manifest(manifest, folder)
        manifest = manifest.model_copy(update={"metrics": _metrics(origin, models)})
        _write_manifest(manifest, folder)
        (folder / "CARD.md").write_text(card(manifest), encoding="utf-8")
        out.mkdir(parents=True, exist_ok=True)
        # The manifest last: until then the old one refuses the new weights by their hash.
        for name in ("model.onnx", "CARD.md", MANIFEST):
            shutil.copyfile(folder / name, out / f"{name}.new")
            os.replace(out / f"{name}.new", out / name)  # noqa: PTH105
    return out


def calibrate(
    masses: npt.NDArray[np.float64], right: npt.NDArray[np.bool_]
) -> tuple[tuple[float, float], ...]:
    """A rising map from the mass of a heatmap to the probability of being right.

    Bins of equal size, each with the share that was right (Laplace's rule), pooled where the
    share falls (pool adjacent violators, Ayer et al. 1955).

    Args:
        masses: ``(n,)`` in 0…1.
        right: ``(n,)``, whether the point lay within 2 mm of the truth.

    Returns:
        Points of the map, from 0 to 1.
    """
    order = np.argsort(masses)
    pools: list[tuple[int, float, float]] = []  # how many, sum of masses, how many right
    for part in np.array_split(order, min(_BINS, len(order))):
        pools.append((len(part), float(masses[part].sum()), float(right[part].sum())))
        while len(pools) > 1 and _share(pools[-2]) >= _share(pools[-1]):
            last, before = pools.pop(), pools.pop()
            pools.append((before[0] + last[0], before[1] + last[1], before[2] + last[2]))
    inner = [(round(pool[1] / pool[0], 4), round(_share(pool), 4)) for pool in pools]
    return ((0.0, 0.0), *inner, (1.0, max(inner[-1][1], 0.99)))


def _share(pool: tuple[int, float, float]) -> float:
    return (pool[2] + 1) / (pool[0] + 2)


def _write_onnx(network: LandmarkNet, canvas: tuple[int, int], path: Path) -> None:
    films = torch.zeros(1, 1, *canvas)
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it misses torchvision, unasked
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch, about its own use of itself
        torch.onnx.export(
            HeatmapNet(network).eval(), (films,), path, input_names=["film"],
            output_names=["heatmaps"], opset_version=_OPSET, external_data=False, dynamo=True,
            verbose=False,
        )  # fmt: skip
    _strip(path)


def _strip(path: Path) -> None:
    """Remove the exporter's notes: they quote the source's paths on this machine."""
    model = onnx.load(path)
    graph = model.graph
    del graph.value_info[:]
    for part in (model, graph, *graph.node, *graph.input, *graph.output, *graph.initializer):
        del part.metadata_props[:]
        part.doc_string = ""
    onnx.save(model, path)


def _manifest(weights: Path, canvas: tuple[int, int], origin: Origin) -> Manifest:
    sha256 = hashlib.sha256(weights.read_bytes()).hexdigest()
    rows, columns = (side // STRIDE for side in canvas)
    return Manifest(
        name="ceph-landmarks",
        version=f"{datetime.now(UTC):%Y.%m.%d}+{sha256[:8]}",
        file=weights.name,
        sha256=sha256,
        input=Tensor(name="film", shape=(1, 1, *canvas)),
        output=Tensor(name="heatmaps", shape=(1, len(ABBREVIATIONS), rows, columns)),
        normalisation="grey values from the film's 0.5th to its 99.5th percentile become 0…1",
        labels=ABBREVIATIONS,
        licence=_LICENCE,
        training=Training(
            data=origin.data,
            command=origin.command,
            seed=origin.seed,
            films=tuple(film.sha256() for film in origin.films),
            held_out=tuple(film.sha256() for film in origin.held_out),
        ),
        calibration=((0.0, 0.0), (1.0, 1.0)),
        rejection=0.0,
    )


def _write_manifest(manifest: Manifest, folder: Path) -> None:
    text = manifest.model_dump_json(indent=1) + "\n"
    (folder / MANIFEST).write_text(text, encoding="utf-8")


def _held_out_scores(
    predictor: LandmarkPredictor, films: Sequence[AnnotatedFilm]
) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]:
    masses, right = [], []
    for film in films:
        prediction = predictor.predict(read_film(film.path.read_bytes(), predictor.canvas))
        distance = np.linalg.norm(prediction.points - film.truth, axis=1) * film.mm_per_px
        masses.append(prediction.masses)
        right.append(distance <= _RIGHT_MM)
    return np.array(masses), np.array(right)


def _metrics(origin: Origin, models: Path) -> dict[str, object]:
    real = evaluate(annotated_cases(origin.held_out, models), models)
    drawn = evaluate(drawn_cases(origin.drawn_tests), models)
    return {"held_out": real["held_out"], "synthetic": drawn["all"]}
