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

_STEP = 8.0
_TURNS = np.arange(16) * np.pi / 8
# Where a label may lie: all ways about its point, near before far.
_DISTANCES = np.repeat((10.0, 16.0, 24.0, 34.0), len(_TURNS))
_DIRECTIONS = np.tile(np.stack([np.cos(_TURNS), np.sin(_TURNS)], axis=1), (4, 1))


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
    covering = [_box(point, (10.0, 10.0)) for point in points]
    covering += [_box(at, (_STEP, 3.0)) for line in lines for at in _along(line)]
    obstacles = np.array(covering)
    centres: list[Point] = []
    for point, size in zip(points, sizes, strict=True):
        half = np.array(size) / 2
        candidates = np.array(point) + _DIRECTIONS * (_DISTANCES[:, None] + half)
        boxes = np.hstack([candidates - half, candidates + half])
        reach = np.array([(*boxes[:, :2].min(axis=0), *boxes[:, 2:].max(axis=0))])
        near = obstacles[_overlaps(obstacles, reach)[:, 0] > 0]
        best = int((_costs(boxes, near, area) + _DISTANCES).argmin())
        x, y = candidates[best].tolist()
        centres.append((x, y))
        obstacles = np.vstack([obstacles, boxes[best]])
    return centres


def _along(line: Line) -> list[Point]:
    (x0, y0), (x1, y1) = line
    steps = max(1, int(math.hypot(x1 - x0, y1 - y0) / _STEP))
    return [(x0 + (x1 - x0) * n / steps, y0 + (y1 - y0) * n / steps) for n in range(steps + 1)]


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
