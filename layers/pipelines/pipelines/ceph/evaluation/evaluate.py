"""The pipeline, as clients get it, measured on annotated films."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipelines.ceph.analyses import isbi
from pipelines.ceph.analyses.quantity import Unit
from pipelines.ceph.evaluation.classes import success_rates
from pipelines.ceph.evaluation.dataset import AnnotatedFilm
from pipelines.ceph.evaluation.metrics import summary
from pipelines.ceph.landmarks import ABBREVIATIONS
from pipelines.ceph.pipeline import CephPipeline
from pipelines.ceph.synthetic import draw
from pipelines.errors import PipelineError
from pipelines.models import read_manifest


@dataclass(frozen=True)
class Case:
    """A film as a client would send it, and the truth.

    Attributes:
        content: The file.
        truth: Points ``(19, 2)`` in pixels.
        mm_per_px: Scale in mm.
        trained_on: Whether the model was trained on this very film.
        name: Of the film.
    """

    content: bytes
    truth: npt.NDArray[np.float64]
    mm_per_px: float
    trained_on: bool = False
    name: str = ""


Watch = Callable[[Case, Mapping[str, Any]], None]
"""Sees every film that was read, with the report on it."""


def annotated_cases(films: Sequence[AnnotatedFilm], models: Path) -> Iterable[Case]:
    """The films of a data set; those that the model was trained on are known by their hash."""
    trained_on = set(read_manifest(models / "ceph").training.films)
    for film in films:
        known = film.sha256() in trained_on
        yield Case(film.path.read_bytes(), film.truth, film.mm_per_px, known, film.name)


def drawn_cases(count: int) -> Iterable[Case]:
    """Synthetic films, seeds 0 to ``count`` − 1: none of them is used in training."""
    for seed in range(count):
        film = draw(seed)
        yield Case(film.jpeg(), film.landmarks, film.mm_per_px, name=f"drawn {seed}")


def evaluate(
    cases: Iterable[Case], models: Path, watch: Watch = lambda _case, _data: None
) -> dict[str, Any]:
    """Read films and compare with the truth.

    Args:
        cases: The films.
        models: Folder with the model in ``ceph``.
        watch: Is shown every film with its report.

    Returns:
        The figures of :func:`~pipelines.ceph.evaluation.metrics.summary` over the films that the
        model was not trained on, with ``angles_mae_deg``, the mean error of angles, and ``scr``,
        those of :func:`~pipelines.ceph.evaluation.classes.success_rates`; again as ``held_out``
        and, over every film, as ``all``;
        ``n_left_out``, how many the headline leaves out; ``n_refused``, films that gave no report
        and count in no figure; the ``model`` and its ``version``.

    Raises:
        ModelInvalid: The model is missing or is not what its manifest says.
    """
    manifest = read_manifest(models / "ceph")
    readings, refused = measure(cases, models, watch)
    fresh = [reading for reading in readings if not reading.trained_on]
    held_out = figures(fresh)
    return {
        "model": manifest.name,
        "version": manifest.version,
        **held_out,
        "n_left_out": len(readings) - len(fresh),
        "n_refused": refused,
        "held_out": held_out,
        "all": figures(readings),
    }


@dataclass(frozen=True)
class Reading:
    """How far what was read on a film is from the truth.

    Attributes:
        errors_mm: Of each landmark, ``(19,)``.
        degrees: Error of each angle.
        true_classes: Class of each ISBI measure by the true points.
        classes: The same by the points that were read.
        trained_on: Whether the model was trained on this very film.
    """

    errors_mm: npt.NDArray[np.float64]
    degrees: dict[str, float]
    true_classes: dict[str, int | None]
    classes: dict[str, int | None]
    trained_on: bool


def measure(
    cases: Iterable[Case], models: Path, watch: Watch = lambda _case, _data: None
) -> tuple[list[Reading], int]:
    """Read films and compare each with the truth.

    Args:
        cases: The films.
        models: Folder with the model in ``ceph``.
        watch: Is shown every film with its report.

    Returns:
        The films that were read, and how many gave no report.

    Raises:
        ModelInvalid: The model is missing or is not what its manifest says.
    """
    pipeline = CephPipeline()
    pipeline.setup(models)
    readings, refused = [], 0
    for case in cases:
        try:
            data = pipeline.run(case.content, {"pixelSpacing": case.mm_per_px}).data
        except PipelineError:
            refused += 1
            continue
        readings.append(_compare(data, case))
        watch(case, data)
    return readings, refused


def _compare(data: Mapping[str, Any], case: Case) -> Reading:
    points = np.array([(landmark["x"], landmark["y"]) for landmark in data["landmarks"]])
    errors_mm = np.linalg.norm(points - case.truth, axis=1) * case.mm_per_px
    truth = isbi.measure(
        {name: (x, y) for name, (x, y) in zip(ABBREVIATIONS, case.truth.tolist(), strict=True)},
        case.mm_per_px,
    )
    read = data["isbi"]
    return Reading(
        errors_mm,
        {
            name: abs(read[name]["value"] - true["value"])
            for name, true in truth.items()
            if true["unit"] == Unit.DEGREE
            and true["value"] is not None
            and read[name]["value"] is not None
        },
        {name: one["class"] for name, one in truth.items()},
        {name: one["class"] for name, one in read.items()},
        case.trained_on,
    )


def figures(readings: Sequence[Reading]) -> dict[str, Any]:
    """The figures of some films, as :func:`evaluate` gives them for those held out."""
    errors = np.array([reading.errors_mm for reading in readings]).reshape(-1, len(ABBREVIATIONS))
    names = dict.fromkeys(name for reading in readings for name in reading.degrees)
    return {
        **summary(errors),
        "angles_mae_deg": {
            name: round(
                float(np.mean([one.degrees[name] for one in readings if name in one.degrees])), 3
            )
            for name in names
        },
        "scr": success_rates(
            [one.true_classes for one in readings], [one.classes for one in readings]
        ),
    }
