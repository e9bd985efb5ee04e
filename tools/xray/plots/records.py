"""What plots are drawn from: for each film what was read, and what is true."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from pipelines.ceph.analyses import isbi
from pipelines.ceph.evaluation.evaluate import Case
from pipelines.ceph.landmarks import ABBREVIATIONS

_WORST = 6


@dataclass(frozen=True)
class Record:
    """One film.

    Attributes:
        name: Of the film.
        errors_mm: ``(19,)``, distance of each landmark from the truth.
        confidences: ``(19,)``.
        angles: Name → (true, read) in degrees, of SNA, SNB and ANB where both are defined.
        classes: Name of an ISBI measure → (true, read) class, where both are defined.
    """

    name: str
    errors_mm: npt.NDArray[np.float64]
    confidences: npt.NDArray[np.float64]
    angles: Mapping[str, tuple[float, float]]
    classes: Mapping[str, tuple[int, int]]


@dataclass(frozen=True)
class BadFilm:
    """One of the films with the largest mean error, whole."""

    case: Case
    data: Mapping[str, Any]
    mean_error_mm: float


class Records:
    """Collects what an evaluation reads; films that the model was trained on are left out."""

    def __init__(self) -> None:
        self.films: list[Record] = []
        self.worst: list[BadFilm] = []  # the worst first; only these are kept whole

    def __call__(self, case: Case, data: Mapping[str, Any]) -> None:
        """Take a film and the report on it."""
        if case.trained_on:
            return
        record = _record(case, data)
        self.films.append(record)
        bad = BadFilm(case, data, float(record.errors_mm.mean()))
        self.worst = sorted([*self.worst, bad], key=lambda one: -one.mean_error_mm)[:_WORST]

    def errors_mm(self) -> npt.NDArray[np.float64]:
        """Errors ``(films, 19)``."""
        return np.array([film.errors_mm for film in self.films])

    def confidences(self) -> npt.NDArray[np.float64]:
        """Confidences ``(films, 19)``."""
        return np.array([film.confidences for film in self.films])


def _record(case: Case, data: Mapping[str, Any]) -> Record:
    points = np.array([(one["x"], one["y"]) for one in data["landmarks"]])
    named = dict(zip(ABBREVIATIONS, case.truth.tolist(), strict=True))
    truth = isbi.measure({name: (x, y) for name, (x, y) in named.items()}, case.mm_per_px)
    read = data["isbi"]
    both = {
        name: (true, read[name])
        for name, true in truth.items()
        if true["value"] is not None and read[name]["value"] is not None
    }
    return Record(
        name=case.name,
        errors_mm=np.linalg.norm(points - case.truth, axis=1) * case.mm_per_px,
        confidences=np.array([one["confidence"] for one in data["landmarks"]]),
        angles={name: (both[name][0]["value"], both[name][1]["value"])
                for name in ("SNA", "SNB", "ANB") if name in both},
        classes={name: (a["class"], b["class"]) for name, (a, b) in both.items()},
    )  # fmt: skip
