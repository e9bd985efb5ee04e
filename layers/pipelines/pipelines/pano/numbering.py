"""Giving teeth their FDI numbers: what the network saw, and what jaws are like.

Along a jaw the columns of the teeth rise from the image's left to its right. Among all ways to
number a jaw's teeth so, dynamic programming finds the likeliest: each tooth's column by the
network's evidence and by the tooth's place and size, each pair of neighbours by their distance,
which tells whether a tooth is missing between them. A tooth may stay without a number, which is
how supernumerary ones and false finds are left out. The statistics are those of the tooth layouts
(``geometry.json``), in units of the median height of the film's teeth.
"""

import functools
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipelines.pano.fdi import COLUMNS, number

Array = npt.NDArray[np.float64]

# Weights of the evidence: the network sees shapes and neighbours, the layouts know distances.
_SEEN, _PLACE, _SIZE, _STEP = 1.0, 0.15, 0.25, 0.5
_UNNUMBERED = -6.0  # log-likelihood of a tooth without a number, about that of a bad fit
_ODD = 4.5  # deviations beyond which a tooth is just as odd: displaced teeth occur
_FAINT = 1e-3  # what the network holds impossible is still this likely
_NARROWEST = 0.06  # spread of distances, at least: outlines are not exact


@dataclass(frozen=True)
class Candidate:
    """A tooth to be numbered.

    Attributes:
        upper: Probability of belonging to the upper jaw.
        columns: Probability of each column, ``(16,)``.
        box: x0, y0, x1, y1, in pixels.
    """

    upper: float
    columns: Array
    box: tuple[float, float, float, float]


@dataclass(frozen=True)
class Numbered:
    """The number of a candidate.

    Attributes:
        candidate: Its place in the given order.
        fdi: The number.
        confidence: Share of the network's evidence that agrees with it.
    """

    candidate: int
    fdi: int
    confidence: float


def assign(candidates: Sequence[Candidate], middle: float) -> list[Numbered]:
    """Number the teeth of a film.

    Args:
        candidates: The teeth.
        middle: x of the film's middle, in the boxes' pixels.

    Returns:
        Those that got a number; no number is given twice.
    """
    if not candidates:
        return []
    unit = float(np.median([one.box[3] - one.box[1] for one in candidates]))
    numbered = []
    for jaw, name in enumerate(("upper", "lower")):
        row = [i for i, one in enumerate(candidates) if (one.upper >= 0.5) == (jaw == 0)]
        row.sort(key=lambda index: candidates[index].box[0] + candidates[index].box[2])
        teeth = [candidates[index] for index in row]
        for tooth, column in _best(teeth, _geometry()[name], middle, max(unit, 1.0)):
            one = candidates[row[tooth]]
            sure = float(one.columns[column]) * (one.upper if jaw == 0 else 1.0 - one.upper)
            numbered.append(Numbered(row[tooth], number(jaw, column), sure))
    return numbered


@functools.cache
def _geometry() -> dict[str, dict[str, Any]]:
    text = Path(__file__).with_name("geometry.json").read_text(encoding="utf-8")
    content: dict[str, dict[str, Any]] = json.loads(text)
    return content


def _fit(values: Array | float, mean_spread: Array) -> Array:
    """Log-likelihood of values under normal distributions, cut where they are just odd."""
    mean, spread = mean_spread[..., 0], np.maximum(mean_spread[..., 1], _NARROWEST)
    away = np.minimum(np.abs((values - mean) / spread), _ODD)
    return np.asarray(-0.5 * away**2, dtype=np.float64)


def _best(
    teeth: Sequence[Candidate], jaw: dict[str, Any], middle: float, unit: float
) -> list[tuple[int, int]]:
    """The likeliest columns of a jaw's teeth, which are given from left to right."""
    x = np.array([(one.box[0] + one.box[2]) / 2 - middle for one in teeth]) / unit
    alone = (
        np.stack([_alone(one, jaw, place, unit) for one, place in zip(teeth, x, strict=True)])
        if teeth
        else np.empty((0, COLUMNS))
    )
    score = np.full((len(teeth), COLUMNS), -np.inf)
    origin = np.full((len(teeth), COLUMNS, 2), -1)
    for here in range(len(teeth)):
        score[here] = alone[here] + here * _UNNUMBERED
        for before in range(here):
            step = _steps(jaw, float(x[here] - x[before]))
            through = score[before][:, None] + step + (here - before - 1) * _UNNUMBERED
            best = through.argmax(axis=0)
            gain = through.max(axis=0) + alone[here]
            better = gain > score[here]
            score[here][better] = gain[better]
            origin[here][better] = np.stack([np.full(COLUMNS, before), best], axis=1)[better]
    if not teeth:
        return []
    score += (_UNNUMBERED * np.arange(len(teeth))[::-1])[:, None]
    tooth, column = divmod(int(score.argmax()), COLUMNS)
    path = []
    while tooth >= 0:
        path.append((tooth, column))
        tooth, column = (int(value) for value in origin[tooth, column])
    return path[::-1]


def _alone(one: Candidate, jaw: dict[str, Any], place: float, unit: float) -> Array:
    seen = np.log(np.maximum(one.columns, _FAINT))
    size = _fit((one.box[2] - one.box[0]) / unit, np.array(jaw["width"])) + _fit(
        (one.box[3] - one.box[1]) / unit, np.array(jaw["height"])
    )
    out: Array = _SEEN * seen + _PLACE * _fit(place, np.array(jaw["place"])) + _SIZE * size
    return out


def _steps(jaw: dict[str, Any], distance: float) -> Array:
    """Log-likelihood of a distance between each pair of columns, ``(16, 16)``; −∞ backwards."""
    out = np.full((COLUMNS, COLUMNS), -np.inf)
    for here, steps in enumerate(jaw["step"]):
        for beyond, mean_spread in enumerate(steps):
            out[here, here + 1 + beyond] = float(_fit(distance, np.array(mean_spread)))
        # Farther apart than the layouts tell: anything goes, at the price of an odd distance.
        out[here, here + 1 + len(steps) :] = -0.5 * _ODD**2
    return _STEP * out


def prevalence() -> dict[int, float]:
    """Share of the layouts that have a tooth, by FDI number."""
    return {
        number(jaw, column): share
        for jaw, name in enumerate(("upper", "lower"))
        for column, share in enumerate(_geometry()[name]["present"])
    }


def expected_places(known: Mapping[int, float]) -> dict[int, float]:
    """Where all 32 teeth are to be expected, given some.

    Args:
        known: x of some teeth's middles by FDI number, at least two.

    Returns:
        x by FDI number: the mean places of the layouts, shifted and scaled to fit.
    """
    means = {
        number(jaw, column): mean
        for jaw, name in enumerate(("upper", "lower"))
        for column, (mean, _) in enumerate(_geometry()[name]["place"])
    }
    slope, offset = np.polyfit([means[fdi] for fdi in known], list(known.values()), 1)
    return {fdi: float(slope * mean + offset) for fdi, mean in means.items()}
