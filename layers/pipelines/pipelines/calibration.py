"""From the scores of a network to probabilities of being right, and whether these hold."""

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

Scores = npt.NDArray[np.float64]
Right = npt.NDArray[np.bool_]
Map = tuple[tuple[float, float], ...]

_TOP = 0.98  # what a perfect score is worth at least
_STEPS = (0.0, 0.6, 0.8, 0.9, 0.95, 1.01)  # of confidence, in the table of reliability


def calibrate(scores: Scores, right: Right, bins: int) -> Map:
    """A rising map from scores to the probability of being right.

    Bins of equal size, each with the share that was right (Laplace's rule), pooled where the
    share falls (pool adjacent violators, Ayer et al. 1955).

    Args:
        scores: ``(n,)`` in 0…1.
        right: ``(n,)``.
        bins: How many; each should hold enough to tell a few per cent apart.

    Returns:
        Points of the map, from 0 to 1.
    """
    order = np.argsort(scores)
    pools: list[tuple[int, float, float]] = []  # how many, sum of scores, how many right
    for part in np.array_split(order, min(bins, max(len(order), 1))):
        if not len(part):
            continue
        pools.append((len(part), float(scores[part].sum()), float(right[part].sum())))
        while len(pools) > 1 and _share(pools[-2]) >= _share(pools[-1]):
            last, before = pools.pop(), pools.pop()
            pools.append((before[0] + last[0], before[1] + last[1], before[2] + last[2]))
    inner = [(round(pool[1] / pool[0], 4), round(_share(pool), 4)) for pool in pools]
    return ((0.0, 0.0), *inner, (1.0, max(inner[-1][1], _TOP) if inner else 1.0))


def reliability(films: Sequence[tuple[Scores, Right]], bins: int) -> list[dict[str, Any]]:
    """How often what is equally sure is right; each film's map is made of the other films.

    Args:
        films: Scores and whether they were right, film by film.
        bins: Of the maps.

    Returns:
        For each step of confidence: ``n``, how many there are, their mean ``confidence``, and
        ``right``, the share that is.
    """
    sure = [_by_the_others(films, index, bins) for index in range(len(films))]
    confidence = np.concatenate([*sure, np.empty(0)])
    right = np.concatenate([*(one[1] for one in films), np.empty(0, dtype=bool)])
    rows = []
    for low, high in pairwise(_STEPS):
        inside = (confidence >= low) & (confidence < high)
        if inside.any():
            rows.append(
                {
                    "n": int(inside.sum()),
                    "confidence": round(float(confidence[inside].mean()), 3),
                    "right": round(float(right[inside].mean()), 3),
                }
            )
    return rows


def table(rows: Sequence[dict[str, Any]]) -> str:
    """The lines of a Markdown table of :func:`reliability`."""
    return "\n".join(f"| {one['n']} | {one['confidence']} | {one['right']} |" for one in rows)


def _by_the_others(films: Sequence[tuple[Scores, Right]], index: int, bins: int) -> Scores:
    others = [film for place, film in enumerate(films) if place != index]
    scores, right = (np.concatenate([*(one[part] for one in others), np.empty(0)])
                     for part in (0, 1))  # fmt: skip
    raw, probability = np.array(calibrate(scores, right.astype(bool), bins)).T
    return np.asarray(np.interp(films[index][0], raw, probability), dtype=np.float64)


def _share(pool: tuple[int, float, float]) -> float:
    return (pool[2] + 1) / (pool[0] + 2)
