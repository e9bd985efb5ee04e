"""Connected regions of masks: finding, growing, outlining and filling them."""

import math
from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

Mask = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.int32]
Points = npt.NDArray[np.float64]
Box = tuple[slice, slice]


def label(mask: Mask) -> tuple[Labels, int]:
    """Number the regions of a mask; cells touch by their sides.

    Runs of each row are joined with those above that they overlap (union–find).

    Args:
        mask: ``(rows, columns)``.

    Returns:
        0 outside and 1… in the regions, and how many there are.
    """
    rows, columns = mask.shape
    padded = np.zeros((rows, columns + 2), dtype=np.int8)
    padded[:, 1:-1] = mask
    change = np.diff(padded, axis=1).ravel()  # runs begin and end; one row follows the other
    begin, end = np.flatnonzero(change == 1), np.flatnonzero(change == -1)
    # Of the row above, the runs that end after a run begins and begin before it ends.
    first = np.searchsorted(end, begin - (columns + 1), side="right")
    shared = np.maximum(np.searchsorted(begin, end - (columns + 1)) - first, 0)
    if np.count_nonzero(shared == 0) < 2:  # all but the first run hang on one above
        return mask.astype(np.int32), min(len(begin), 1)
    here = np.repeat(np.arange(len(begin)), shared)
    above = np.arange(len(here)) - np.repeat(np.cumsum(shared) - shared - first, shared)
    parents = list(range(len(begin)))

    def root(run: int) -> int:
        while parents[run] != run:
            parents[run] = parents[parents[run]]
            run = parents[run]
        return run

    for one, other in zip(here.tolist(), above.tolist(), strict=True):
        parents[root(one)] = root(other)
    roots = np.array([root(run) for run in range(len(begin))], dtype=np.int64)
    kinds, numbers = np.unique(roots, return_inverse=True)
    out = np.zeros(mask.shape, dtype=np.int32)
    out[mask] = np.repeat(numbers + 1, end - begin)
    return out, len(kinds)


def sizes(labels: Labels, count: int) -> npt.NDArray[np.int64]:
    """Cells of each region, ``(count,)``."""
    return np.bincount(labels.ravel(), minlength=count + 1)[1:]


def boxes(labels: Labels, count: int) -> list[Box]:
    """Rows and columns that each region stretches over."""
    rows, columns = np.nonzero(labels)
    region = labels[rows, columns] - 1
    sides = []
    for cells, length in ((rows, labels.shape[0]), (columns, labels.shape[1])):
        first, end = np.full(count, length), np.zeros(count, dtype=np.int64)
        np.minimum.at(first, region, cells)
        np.maximum.at(end, region, cells + 1)
        sides.append([slice(*side) for side in zip(first.tolist(), end.tolist(), strict=True)])
    return list(zip(*sides, strict=True))


def box(mask: Mask) -> Box:
    """Rows and columns that a mask stretches over: a tooth is a small part of a film."""
    rows = _extent(mask, 1)
    return rows, _extent(mask[rows], 0)


def _extent(mask: Mask, across: int) -> slice:
    cells = np.flatnonzero(mask.any(axis=across))
    return slice(int(cells[0]), int(cells[-1]) + 1) if len(cells) else slice(0, 0)


def largest(mask: Mask) -> Mask:
    """The largest region of a mask; an empty mask stays empty."""
    labels, count = label(mask)
    return mask if count < 2 else labels == int(sizes(labels, count).argmax()) + 1


def grow(seeds: Labels, height: npt.NDArray[np.float32], levels: npt.NDArray[np.float64]) -> Labels:
    """Let regions grow downhill until they meet (watershed by flooding, in steps).

    Args:
        seeds: 0 where nothing is yet, 1… in the regions.
        height: The landscape, of the same shape.
        levels: Falling; at each, all cells as high are taken before the next.

    Returns:
        The grown regions; 0 below the last level and where no region reaches.
    """
    out = np.pad(seeds, 1)  # so that each cell has four neighbours
    cells, land = out.ravel(), np.pad(height, 1, constant_values=-np.inf).ravel()
    around = (-1, 1, -out.shape[1], out.shape[1])
    for level in levels:
        free = np.flatnonzero((land >= level) & (cells == 0))
        while len(free):
            near = np.max([cells[free + step] for step in around], axis=0)
            taken = near > 0
            if not taken.any():
                break
            cells[free[taken]] = near[taken]
            free = free[~taken]
    return out[1:-1, 1:-1]


def outline(mask: Mask, tolerance: float) -> Points:
    """The outer border of the largest region of a mask.

    Args:
        mask: ``(rows, columns)``.
        tolerance: How far, in cells, the border may be off for the sake of fewer corners.

    Returns:
        Corners ``(n, 2)`` as x, y, the centre of the first cell at ``(0, 0)``; empty for an empty
        mask.
    """
    if not mask.any():
        return np.empty((0, 2))
    rows, columns = box(mask)
    loops = _loops(largest(mask[rows, columns]))
    areas = [abs(_area(loop)) for loop in loops]
    corner = np.array([columns.start - 0.5, rows.start - 0.5], dtype=np.float64)
    line: Points = simplify(loops[int(np.argmax(areas))], tolerance) + corner
    return line


def _loops(mask: Mask) -> list[Points]:
    """Corners of the closed borders of a mask, walked with the mask on one side."""
    padded = np.pad(mask, 1)
    wide = mask.shape[1] + 1  # corners of cells in a row, by which they are counted
    starts: list[int] = []
    ends: list[int] = []
    for beyond, begin, end in (
        (padded[:-2, 1:-1], 0, 1),  # nothing above: walk to the right
        (padded[1:-1, 2:], 1, wide + 1),
        (padded[2:, 1:-1], wide + 1, wide),
        (padded[1:-1, :-2], wide, 0),
    ):
        rows, columns = np.nonzero(mask & ~beyond)
        corners = rows * wide + columns
        starts += (corners + begin).tolist()
        ends += (corners + end).tolist()
    following = dict(zip(starts, ends, strict=True))
    # Where cells touch by their corners alone, two ways lead on.
    spare = {start: end for start, end in zip(starts, ends, strict=True) if following[start] != end}
    loops = []
    while following:
        start = here = next(iter(following))
        loop = []
        while here in following:
            loop.append(here)
            if here in spare:
                following[here], here = spare.pop(here), following[here]
            else:
                here = following.pop(here)
            if here == start:
                break
        line = np.array(loop)
        turns = np.diff(line, prepend=line[-1]) != np.diff(line, append=line[0])
        y, x = np.divmod(line[turns], wide)
        loops.append(np.stack([x, y], axis=1).astype(np.float64))
    return loops


def _area(loop: Points) -> float:
    x, y = loop.T
    return float(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2


def simplify(loop: Points, tolerance: float) -> Points:
    """A closed line with fewer corners (Douglas and Peucker 1973).

    Args:
        loop: Corners ``(n, 2)``.
        tolerance: How far a corner that is left out may lie from the new line.
    """
    far = int(np.hypot(*(loop - loop[0]).T).argmax())
    points = [*loop.tolist(), loop[0].tolist()]
    keep = {0, far}
    pending = [(0, far), (far, len(loop))]
    while pending:
        first, last = pending.pop()
        (left, top), (right, bottom) = points[first], points[last]
        dx, dy = right - left, bottom - top
        between = points[first + 1 : last]  # too few for arrays to be faster
        length = math.hypot(dx, dy)
        if length == 0:
            away = [math.hypot(x - left, y - top) for x, y in between]
        else:
            away = [abs((x - left) * dy - (y - top) * dx) / length for x, y in between]
        furthest = max(away, default=0.0)
        if furthest > tolerance:
            middle = first + 1 + away.index(furthest)
            keep.add(middle)
            pending += [(first, middle), (middle, last)]
    return loop[sorted(keep)]


def fill(outline: Points, size: tuple[int, int]) -> Mask:
    """The pixels inside an outline.

    Args:
        outline: ``(n, 2)`` in pixels.
        size: Rows and columns of the mask.
    """
    image = Image.new("1", (size[1], size[0]))
    if len(outline) > 2:
        ImageDraw.Draw(image).polygon([(x, y) for x, y in outline.tolist()], fill=1, outline=1)
    return np.asarray(image, dtype=bool)


def union(outlines: Iterable[Points], size: tuple[int, int]) -> Mask:
    """The pixels inside any of some outlines, on a mask of ``size`` rows and columns."""
    out = np.zeros(size, dtype=bool)
    for outline in outlines:
        out |= fill(outline, size)
    return out


def widen(mask: Mask, cells: int) -> Mask:
    """A mask and what lies within some cells of it, by rows and columns."""
    out = np.zeros_like(mask)
    if mask.any():
        rows, columns = (slice(max(side.start - cells, 0), side.stop + cells) for side in box(mask))
        image = Image.fromarray(mask[rows, columns].astype(np.uint8))
        out[rows, columns] = np.asarray(image.filter(ImageFilter.MaxFilter(2 * cells + 1)))
    return out
