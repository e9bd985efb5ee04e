"""How well outlines and numbers of teeth agree with the truth."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from pipelines.pano.evaluation.dataset import Polygon
from pipelines.pano.fdi import tooth_type
from pipelines.pano.regions import Mask, fill, union

_IOU = 0.5


@dataclass(frozen=True)
class TeethScore:
    """A film's agreement.

    Attributes:
        dice: Of all teeth together.
        separated: Right instances, whatever their number: found, true and matching.
        right: FDI numbers found at their place (IoU of the outlines at least 0.5).
        boxes_right: The same, by the boxes.
        found: FDI numbers that were reported.
        true: FDI numbers that are there.
        ious: IoU of each number that is both reported and there.
    """

    dice: float
    separated: int
    right: frozenset[int]
    boxes_right: frozenset[int]
    found: frozenset[int]
    true: frozenset[int]
    ious: dict[int, float]


def dice(found: Mask, true: Mask) -> float:
    """Dice's coefficient of two masks; 1 where both are empty."""
    total = int(found.sum()) + int(true.sum())
    return 2.0 * int((found & true).sum()) / total if total else 1.0


def iou(one: Polygon, other: Polygon) -> float:
    """Intersection over union of two outlines, in whole pixels."""
    low = np.floor(np.minimum(one.min(axis=0), other.min(axis=0)))
    high = np.ceil(np.maximum(one.max(axis=0), other.max(axis=0)))
    size = (int(high[1] - low[1]) + 1, int(high[0] - low[0]) + 1)
    first, second = fill(one - low, size), fill(other - low, size)
    return float((first & second).sum() / max(int((first | second).sum()), 1))


def box_iou(one: Polygon, other: Polygon) -> float:
    """Intersection over union of the boxes about two outlines."""
    low = np.maximum(one.min(axis=0), other.min(axis=0))
    high = np.minimum(one.max(axis=0), other.max(axis=0))
    shared = float(np.prod(np.clip(high - low, 0, None)))
    areas = [float(np.prod(np.ptp(line, axis=0))) for line in (one, other)]
    return shared / max(sum(areas) - shared, 1e-9)


def score_teeth(
    found: Mapping[int, Polygon],
    true: Mapping[int, Polygon],
    extra: Sequence[Polygon],
    size: tuple[int, int],
) -> TeethScore:
    """Compare a film's teeth with the truth.

    Args:
        found: Outlines by FDI number, in pixels.
        true: The same, annotated.
        extra: Annotated teeth without one of the 32 numbers: they count as tooth, not as number.
        size: Rows and columns of the film.
    """
    whole = [union(lines, size) for lines in (found.values(), [*true.values(), *extra])]
    ious = {fdi: iou(found[fdi], true[fdi]) for fdi in sorted(found.keys() & true.keys())}
    boxes = [fdi for fdi in ious if box_iou(found[fdi], true[fdi]) >= _IOU]
    matched = sum(any(iou(line, other) >= _IOU for other in found.values() if _near(line, other))
                  for line in true.values())  # fmt: skip
    return TeethScore(
        dice=dice(*whole),
        separated=matched,
        right=frozenset(fdi for fdi, value in ious.items() if value >= _IOU),
        boxes_right=frozenset(boxes),
        found=frozenset(found),
        true=frozenset(true),
        ious=ious,
    )


def _near(one: Polygon, other: Polygon) -> bool:
    return box_iou(one, other) > 0.2


def summarise(scores: Sequence[TeethScore]) -> dict[str, Any]:
    """The figures over films.

    Returns:
        ``tooth_dice``, mean over films; ``numbering_precision``, ``numbering_recall`` and
        ``numbering_f1`` over all teeth, by outlines, and with ``_boxes`` by boxes;
        ``separation_recall``, whatever the number; ``mean_iou`` of the teeth with the right number;
        ``per_tooth_type``; ``n_films``, ``n_teeth``. Figures without a film are ``None``.
    """
    right = sum(len(one.right) for one in scores)
    found, true = sum(len(one.found) for one in scores), sum(len(one.true) for one in scores)
    boxes = sum(len(one.boxes_right) for one in scores)
    matched = [one.ious[fdi] for one in scores for fdi in one.right]
    kinds = {fdi: tooth_type(fdi) for one in scores for fdi in one.found | one.true}
    return {
        "n_films": len(scores),
        "n_teeth": true,
        "tooth_dice": _mean([one.dice for one in scores]),
        **_agreement(right, found, true, ""),
        **_agreement(boxes, found, true, "_boxes"),
        "separation_recall": _ratio(sum(one.separated for one in scores), true),
        "mean_iou": _mean(matched),
        "per_tooth_type": {
            kind: {
                "n_teeth": (n := sum(kinds[f] == kind for one in scores for f in one.true)),
                **_agreement(
                    sum(kinds[fdi] == kind for one in scores for fdi in one.right),
                    sum(kinds[fdi] == kind for one in scores for fdi in one.found),
                    n,
                    "",
                ),
            }
            for kind in dict.fromkeys(map(tooth_type, range(11, 19)))
        },
    }


def _agreement(right: int, found: int, true: int, suffix: str) -> dict[str, float | None]:
    return {
        f"numbering_precision{suffix}": _ratio(right, found),
        f"numbering_recall{suffix}": _ratio(right, true),
        f"numbering_f1{suffix}": _ratio(2 * right, found + true),
    }


def _ratio(part: int, whole: int) -> float | None:
    return round(part / whole, 4) if whole else None


def _mean(values: Sequence[float]) -> float | None:
    return round(float(np.mean(values)), 4) if values else None
