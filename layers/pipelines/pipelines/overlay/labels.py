"""Where labels go: beside their points, away from one another."""

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

Point = tuple[float, float]
Size = tuple[float, float]
Line = tuple[Point, Point]
Box = tuple[float, float, float, float]
Boxes = npt.NDArray[np.float64]  # (n, 4)
Costs = npt.NDArray[np.float64]

_DIRECTIONS = tuple(
    (math.cos(turn * math.pi / 8), math.sin(turn * math.pi / 8)) for turn in range(16)
)
_STEP = 8.0
_DISTANCES = (10.0, 16.0, 24.0, 34.0)


def place_labels(
    points: Sequence[Point], sizes: Sequence[Size], area: Size, lines: Sequence[Line] = ()
) -> list[Point]:
    """Choose the centre of each label.

    Each label in turn takes the place that covers least of points, lines and the labels before
    it, the nearest of equals; what the area cuts off counts as covered.

    Args:
        points: What is labelled.
        sizes: Width and height of each label.
        area: Width and height of the picture.
        lines: What labels keep off besides.
    """
    obstacles: list[Box] = [(x - 5, y - 5, x + 5, y + 5) for x, y in points]
    obstacles += [_box(at, (_STEP, 3.0)) for line in lines for at in _along(line)]
    centres: list[Point] = []
    for point, size in zip(points, sizes, strict=True):
        reach = _box(point, (2 * (max(_DISTANCES) + size[0]), 2 * (max(_DISTANCES) + size[1])))
        known = np.array(obstacles)
        near = known[_overlaps(known, np.array([reach]))[:, 0] > 0]
        candidates = [
            (distance, centre)
            for distance in _DISTANCES
            for centre in _around(point, size, distance)
        ]
        costs = _costs(np.array([_box(centre, size) for _, centre in candidates]), near, area)
        _, centre = candidates[int((costs + [distance for distance, _ in candidates]).argmin())]
        centres.append(centre)
        obstacles.append(_box(centre, size))
    return centres


def _along(line: Line) -> list[Point]:
    (x0, y0), (x1, y1) = line
    steps = max(1, int(math.hypot(x1 - x0, y1 - y0) / _STEP))
    return [(x0 + (x1 - x0) * n / steps, y0 + (y1 - y0) * n / steps) for n in range(steps + 1)]


def _around(point: Point, size: Size, distance: float) -> list[Point]:
    return [
        (
            point[0] + dx * (distance + size[0] / 2),
            point[1] + dy * (distance + size[1] / 2),
        )
        for dx, dy in _DIRECTIONS
    ]


def _box(centre: Point, size: Size) -> Box:
    (x, y), (width, height) = centre, size
    return (x - width / 2, y - height / 2, x + width / 2, y + height / 2)


def _costs(boxes: Boxes, obstacles: Boxes, area: Size) -> Costs:
    """How much each box covers or loses."""
    covered = _overlaps(obstacles, boxes).sum(axis=0)
    whole = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    inside = _overlaps(np.array([(0.0, 0.0, *area)]), boxes)[0]
    return np.asarray(covered + whole - inside, dtype=np.float64)


def _overlaps(some: Boxes, others: Boxes) -> Costs:
    """Area that each of some boxes shares with each of others, ``(some, others)``."""
    low = np.maximum(some[:, None, :2], others[:, :2])
    high = np.minimum(some[:, None, 2:], others[:, 2:])
    out: Costs = np.maximum(high - low, 0.0).prod(axis=2)
    return out
