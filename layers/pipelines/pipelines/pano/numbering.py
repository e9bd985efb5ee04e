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
    for jaw, geometry in enumerate(_geometry()):
        row = [i for i, one in enumerate(candidates) if (one.upper >= 0.5) == (jaw == 0)]
        row.sort(key=lambda index: candidates[index].box[0] + candidates[index].box[2])
        teeth = [candidates[index] for index in row]
        for tooth, column in _best(teeth, geometry, middle, max(unit, 1.0)):
            one = candidates[row[tooth]]
            sure = float(one.columns[column]) * (one.upper if jaw == 0 else 1.0 - one.upper)
            numbered.append(Numbered(row[tooth], number(jaw, column), sure))
    return numbered


@dataclass(frozen=True)
class _Jaw:
    """Statistics of a jaw's sixteen columns; of each, mean and spread.

    Attributes:
        width: Of a tooth, ``(16, 2)``.
        height: Of a tooth, ``(16, 2)``.
        place: Of a tooth's middle, from the film's middle, ``(16, 2)``.
        step: From a column to another that lies ahead of it, ``(16, 16, 2)``. Infinitely far for
            columns farther apart than the layouts tell: any distance is as odd.
        present: Share of the layouts that have the tooth, ``(16,)``.
    """

    width: Array
    height: Array
    place: Array
    step: Array
    present: Array


@functools.cache
def _geometry() -> tuple[_Jaw, _Jaw]:
    """Of the upper and of the lower jaw."""
    text = Path(__file__).with_name("geometry.json").read_text(encoding="utf-8")
    content = json.loads(text)
    return _jaw(content["upper"]), _jaw(content["lower"])


def _jaw(content: Mapping[str, Any]) -> _Jaw:
    step = np.full((COLUMNS, COLUMNS, 2), (np.inf, 1.0))
    for here, ahead in enumerate(content["step"]):
        if ahead:
            step[here, here + 1 : here + 1 + len(ahead)] = ahead
    alone = {name: np.array(content[name]) for name in ("width", "height", "place", "present")}
    return _Jaw(step=step, **alone)


def _fit(values: Array, mean_spread: Array) -> Array:
    """Log-likelihood of values under normal distributions, cut where they are just odd."""
    mean, spread = mean_spread[..., 0], np.maximum(mean_spread[..., 1], _NARROWEST)
    away = np.minimum(np.abs((values - mean) / spread), _ODD)
    return np.asarray(-0.5 * away**2, dtype=np.float64)


def _best(
    teeth: Sequence[Candidate], jaw: _Jaw, middle: float, unit: float
) -> list[tuple[int, int]]:
    """The likeliest columns of a jaw's teeth, which are given from left to right."""
    if not teeth:
        return []
    x = np.array([(one.box[0] + one.box[2]) / 2 - middle for one in teeth]) / unit
    alone = _alone(teeth, x, jaw, unit)
    score = np.empty((len(teeth), COLUMNS))
    origin = np.full((len(teeth), COLUMNS), -1)  # the tooth before and its column, as one number
    for here in range(len(teeth)):
        score[here] = alone[here] + here * _UNNUMBERED
        if here == 0:
            continue
        between = np.arange(here)[::-1, None, None] * _UNNUMBERED
        through = score[:here, :, None] + _steps(jaw, x[here] - x[:here]) + between
        through = through.reshape(-1, COLUMNS)
        gain = through.max(axis=0) + alone[here]
        better = gain > score[here]
        score[here][better] = gain[better]
        origin[here][better] = through.argmax(axis=0)[better]
    score += (_UNNUMBERED * np.arange(len(teeth))[::-1])[:, None]
    last = int(score.argmax())
    path = []
    while last >= 0:
        path.append(divmod(last, COLUMNS))
        last = int(origin.flat[last])
    return path[::-1]


def _alone(teeth: Sequence[Candidate], x: Array, jaw: _Jaw, unit: float) -> Array:
    """Log-likelihood of each column for each tooth, ``(teeth, 16)``, whatever its neighbours."""
    seen = np.log(np.maximum([one.columns for one in teeth], _FAINT))
    boxes = np.array([one.box for one in teeth])
    width, height = ((boxes[:, side + 2] - boxes[:, side]) / unit for side in (0, 1))
    size = _fit(width[:, None], jaw.width) + _fit(height[:, None], jaw.height)
    out: Array = _SEEN * seen + _PLACE * _fit(x[:, None], jaw.place) + _SIZE * size
    return out


def _steps(jaw: _Jaw, distances: Array) -> Array:
    """Log-likelihood of distances between each pair of columns, ``(n, 16, 16)``; −∞ backwards."""
    backwards = np.tri(COLUMNS, dtype=bool)
    fit = _fit(distances[:, None, None], jaw.step)
    return _STEP * np.where(backwards, -np.inf, fit)


def prevalence() -> dict[int, float]:
    """Share of the layouts that have a tooth, by FDI number."""
    return {
        number(jaw, column): share
        for jaw, geometry in enumerate(_geometry())
        for column, share in enumerate(geometry.present.tolist())
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
        for jaw, geometry in enumerate(_geometry())
        for column, mean in enumerate(geometry.place[:, 0].tolist())
    }
    slope, offset = np.polyfit([means[fdi] for fdi in known], list(known.values()), 1)
    return {fdi: float(slope * mean + offset) for fdi, mean in means.items()}
