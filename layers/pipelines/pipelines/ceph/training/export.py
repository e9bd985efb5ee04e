"""From fitted weights to a model folder: ONNX, manifest and card."""

import hashlib
import logging
import os
import shutil
import tempfile
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import torch

from pipelines.calibration import calibrate, reliability
from pipelines.ceph.evaluation.dataset import AnnotatedFilm
from pipelines.ceph.evaluation.evaluate import (
    Reading,
    annotated_cases,
    drawn_cases,
    evaluate,
    figures,
    measure,
)
from pipelines.ceph.landmarks import ABBREVIATIONS
from pipelines.ceph.modules.landmarks.predictor import LandmarkPredictor
from pipelines.ceph.training.card import card
from pipelines.ceph.training.network import STRIDE, HeatmapNet, LandmarkNet
from pipelines.film import read_film
from pipelines.models import ANY_NUMBER, MANIFEST, Manifest, Tensor, Training, write_manifest
from pipelines.overlay.picture import ENOUGH
from pipelines.training.onnx_file import shrink

_OPSET = 18
_BINS = 8  # of the calibration; each has enough points to tell 5 % apart
_RIGHT_MM = 2.0
# A film is of another kind when its heatmaps are this much less concentrated, on average, than
# those of the least certain held-out one (0.55). Measured: cephalograms on their head 0.17 at most,
# on their side 0.18, mirrored 0.18, 93 panoramics 0.23, noise and blank films 0.02; those cut close
# to the face have 0.28 and more, and enough when they are read a second time.
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
        left_out: The figures of :func:`cross_validate`, if it was done.
    """

    data: str
    command: str
    seed: int
    films: Sequence[AnnotatedFilm]
    held_out: Sequence[AnnotatedFilm]
    drawn_tests: int
    left_out: Mapping[str, Any] | None = None


def export(
    networks: Sequence[LandmarkNet], canvas: tuple[int, int], origin: Origin, out: Path
) -> Path:
    """Write the model folder; what stands there is replaced only when all of it is ready.

    Calibration, the bound of rejection and all figures are measured on the held-out films, with
    the exported file.

    Args:
        networks: The fitted networks; the model is their mean.
        canvas: Their input, rows and columns.
        origin: Where the weights come from.
        out: The folder.

    Returns:
        The folder.
    """
    with tempfile.TemporaryDirectory() as temporary:
        models = Path(temporary)
        folder = models / "ceph"
        manifest = _stage(networks, canvas, origin, folder)
        scores = _held_out_scores(LandmarkPredictor(folder), origin.held_out)
        masses, right = (np.array(one) for one in zip(*scores, strict=True))
        manifest = manifest.model_copy(
            update={
                "calibration": calibrate(masses.ravel(), right.ravel(), _BINS),
                "rejection": round(_REJECTION * float(masses.mean(axis=1).min()), 3),
            }
        )
        write_manifest(manifest, folder)
        metrics = {**_metrics(origin, models), "reliability": reliability(scores, _BINS)}
        manifest = manifest.model_copy(update={"metrics": metrics})
        write_manifest(manifest, folder)
        (folder / "CARD.md").write_text(card(manifest, len(networks)), encoding="utf-8")
        out.mkdir(parents=True, exist_ok=True)
        # The manifest last: until then the old one refuses the new weights by their hash.
        for name in ("model.onnx", "CARD.md", MANIFEST):
            shutil.copyfile(folder / name, out / f"{name}.new")
            os.replace(out / f"{name}.new", out / name)  # noqa: PTH105
    return out


def cross_validate(
    networks: Sequence[LandmarkNet],
    parts: Sequence[Sequence[AnnotatedFilm]],
    canvas: tuple[int, int],
    origin: Origin,
) -> dict[str, Any]:
    """The figures of films that each network left out of its training.

    Args:
        networks: Each alone, not their mean.
        parts: The films that each of them left out.
        canvas: Their input, rows and columns.
        origin: Where the weights come from.

    Returns:
        The figures over all films, and ``mre_mm_by_fold``.
    """
    readings: list[Reading] = []
    means = []
    for network, films in zip(networks, parts, strict=True):
        with tempfile.TemporaryDirectory() as models:
            _stage([network], canvas, replace(origin, films=()), Path(models) / "ceph")
            measured, _ = measure(annotated_cases(films, Path(models)), Path(models))
        means.append(figures(measured)["mre_mm"])
        readings += measured
    return {**figures(readings), "mre_mm_by_fold": means}


def _stage(
    networks: Sequence[LandmarkNet], canvas: tuple[int, int], origin: Origin, folder: Path
) -> Manifest:
    """The model folder before anything was measured."""
    folder.mkdir()
    _write_onnx(networks, canvas, folder / "model.onnx")
    manifest = _manifest(folder / "model.onnx", canvas, origin)
    write_manifest(manifest, folder)
    return manifest


def _write_onnx(networks: Sequence[LandmarkNet], canvas: tuple[int, int], path: Path) -> None:
    films = torch.zeros(2, 1, *canvas)  # a single one, the exporter would take for the only number
    logging.getLogger("torch.onnx").setLevel(logging.ERROR)  # it misses torchvision, unasked
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of torch, about its own use of itself
        torch.onnx.export(
            HeatmapNet(networks).eval(), (films,), path, input_names=["film"],
            output_names=["heatmaps"], opset_version=_OPSET, external_data=False, dynamo=True,
            verbose=False, dynamic_shapes=({0: torch.export.Dim("films")},),
        )  # fmt: skip
    shrink(path)


def _manifest(weights: Path, canvas: tuple[int, int], origin: Origin) -> Manifest:
    sha256 = hashlib.sha256(weights.read_bytes()).hexdigest()
    rows, columns = (side // STRIDE for side in canvas)
    return Manifest(
        name="ceph-landmarks",
        version=f"{datetime.now(UTC):%Y.%m.%d}+{sha256[:8]}",
        file=weights.name,
        sha256=sha256,
        input=Tensor(name="film", shape=(ANY_NUMBER, 1, *canvas)),
        output=Tensor(name="heatmaps", shape=(ANY_NUMBER, len(ABBREVIATIONS), rows, columns)),
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


def _held_out_scores(
    predictor: LandmarkPredictor, films: Sequence[AnnotatedFilm]
) -> list[tuple[npt.NDArray[np.float64], npt.NDArray[np.bool_]]]:
    """For each film the masses of its landmarks, and whether they lie near the truth."""
    scores = []
    for film in films:
        prediction = predictor.predict(
            read_film(film.path.read_bytes(), ENOUGH).reduced(predictor.canvas)
        )
        distance = np.linalg.norm(prediction.points - film.truth, axis=1) * film.mm_per_px
        scores.append((prediction.masses, distance <= _RIGHT_MM))
    return scores


def _metrics(origin: Origin, models: Path) -> dict[str, object]:
    real = evaluate(annotated_cases(origin.held_out, models), models)
    drawn = evaluate(drawn_cases(origin.drawn_tests), models)
    metrics = {"held_out": real["held_out"], "synthetic": drawn["all"]}
    if origin.left_out is not None:
        metrics["cross_validation"] = dict(origin.left_out)
    return metrics
