"""Success classification rates: the classes of the eight measures, against the truth's.

ISBI 2015 challenge (Wang et al. 2016): each film is classified by each measure, once by the points
read and once by the true ones.
"""

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from pipelines.ceph.analyses.isbi import MEASURES

Classes = Mapping[str, int | None]
"""Name of a measure → its class on one film."""

_CLASSES = 4  # of MW; the others have three, and their fourth row and column stay empty


def success_rates(truth: Sequence[Classes], read: Sequence[Classes]) -> dict[str, Any]:
    """How often a measure puts a film into the class that it belongs to.

    Args:
        truth: The classes by the true points, film by film.
        read: Those by the points that were read.

    Returns:
        By name of the measure, per cent: ``accuracy``, the films with the right class;
        ``diagonal``, the mean over the true classes of the share that was put right (the mean of
        the confusion matrix's row-normalised diagonal, rows without a film left out); and
        ``confusion``, films by true (row) and read class (column). Under ``mean``, ``accuracy``
        and ``diagonal`` over the eight. None where no film has the measure.
    """
    rates = {
        one.name: _rates(
            [(true[one.name], found[one.name]) for true, found in zip(truth, read, strict=True)]
        )
        for one in MEASURES
    }
    means: dict[str, float | None] = {}
    for figure in ("accuracy", "diagonal"):
        known = [rate[figure] for rate in rates.values() if rate[figure] is not None]
        means[figure] = round(sum(known) / len(known), 2) if known else None
    return {**rates, "mean": means}


def _rates(pairs: Sequence[tuple[int | None, int | None]]) -> dict[str, Any]:
    confusion = np.zeros((_CLASSES, _CLASSES), dtype=int)
    for true, found in pairs:
        if true is not None and found is not None:
            confusion[true - 1, found - 1] += 1
    films, right = confusion.sum(axis=1), confusion.diagonal()
    some = films > 0
    return {
        "accuracy": _per_cent(right.sum() / films.sum()) if some.any() else None,
        "diagonal": _per_cent((right[some] / films[some]).mean()) if some.any() else None,
        "confusion": confusion.tolist(),
    }


def _per_cent(share: float) -> float:
    return round(100 * float(share), 2)
