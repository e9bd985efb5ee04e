"""Connected regions of masks: finding, growing, outlining and filling them."""

from collections.abc import Iterable

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFilter

Mask = npt.NDArray[np.bool_]
Labels = npt.NDArray[np.int32]
Points = npt.NDArray[np.float64]


def label(mask: Mask) -> tuple[Labels, int]:
    """Number the regions of a mask; cells touch by their sides.

    Runs of each row are joined with those above that they overlap (union–find).

    Args:
        mask: ``(rows, columns)``.

    Returns:
        0 outside and 1… in the regions, and how many there are.
    """
    padded = np.zeros((mask.shape[0], mask.shape[1] + 2), dtype=np.int8)
    padded[:, 1:-1] = mask
    change = np.diff(padded, axis=1)
    rows, starts = np.nonzero(change == 1)
    _, ends = np.nonzero(change == -1)
    begin, end = starts.tolist(), ends.tolist()
    parents = list(range(len(rows)))

    def root(run: int) -> int:
        while parents[run] != run:
            parents[run] = parents[parents[run]]
            run = parents[run]
        return run

    bounds: list[int] = np.searchsorted(rows, np.arange(mask.shape[0] + 1)).tolist()
    for row in range(1, mask.shape[0]):
        above, here = bounds[row - 1], bounds[row]
        while above < bounds[row] and here < bounds[row + 1]:
            if begin[above] < end[here] and begin[here] < end[above]:
                parents[root(here)] = root(above)
            if end[above] < end[here]:
                above += 1
            else:
                here += 1
    roots = np.array([root(run) for run in range(len(rows))], dtype=np.int64)
    kinds, numbers = np.unique(roots, return_inverse=True)
    out = np.zeros(mask.shape, dtype=np.int32)
    for y, left, right, kind in zip(rows, begin, end, numbers, strict=True):
        out[y, left:right] = kind + 1
    return out, len(kinds)


def sizes(labels: Labels, count: int) -> npt.NDArray[np.int64]:
    """Cells of each region, ``(count,)``."""
    return np.bincount(labels.ravel(), minlength=count + 1)[1:]


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
    out = seeds.copy()
    for level in levels:
        free = (height >= level) & (out == 0)
        while free.any():
            near = _neighbours(out)
            taken = free & (near > 0)
            if not taken.any():
                break
            out[taken] = near[taken]
            free &= ~taken
    return out


def _neighbours(labels: Labels) -> Labels:
    """For each cell the highest number among its four neighbours."""
    near = np.zeros_like(labels)
    np.maximum(near[1:], labels[:-1], out=near[1:])
    np.maximum(near[:-1], labels[1:], out=near[:-1])
    np.maximum(near[:, 1:], labels[:, :-1], out=near[:, 1:])
    np.maximum(near[:, :-1], labels[:, 1:], out=near[:, :-1])
    return near


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
    top, left = (int(np.flatnonzero(mask.any(axis=axis))[0]) for axis in (1, 0))
    bottom, right = (int(np.flatnonzero(mask.any(axis=axis))[-1]) + 1 for axis in (1, 0))
    loops = _loops(largest(mask[top:bottom, left:right]))  # a tooth is a small part of a film
    areas = [abs(_area(loop)) for loop in loops]
    corner = np.array([left - 0.5, top - 0.5], dtype=np.float64)
    line: Points = simplify(loops[int(np.argmax(areas))], tolerance) + corner
    return line


def _loops(mask: Mask) -> list[Points]:
    """The closed borders between a mask and the rest, walked with the mask on one side."""
    padded = np.pad(mask, 1)
    following: dict[tuple[int, int], list[tuple[int, int]]] = {}
    for (dy, dx), begin, end in (
        ((-1, 0), (0, 0), (0, 1)),  # nothing above: walk to the right
        ((0, 1), (0, 1), (1, 1)),
        ((1, 0), (1, 1), (1, 0)),
        ((0, -1), (1, 0), (0, 0)),
    ):
        bare = padded & ~np.roll(padded, (-dy, -dx), axis=(0, 1))
        for y, x in np.argwhere(bare[1:-1, 1:-1]).tolist():
            start = (x + begin[1], y + begin[0])
            following.setdefault(start, []).append((x + end[1], y + end[0]))
    loops = []
    while following:
        start = here = next(iter(following))
        loop = []
        while here in following:
            loop.append(here)
            ends = following[here]
            here = ends.pop()
            if not ends:
                del following[loop[-1]]
            if here == start:
                break
        loops.append(np.array(loop, dtype=np.float64))
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
    closed = np.concatenate([loop, loop[:1]])
    keep = np.zeros(len(closed), dtype=bool)
    keep[[0, far, len(loop)]] = True
    pending = [(0, far), (far, len(loop))]
    while pending:
        first, last = pending.pop()
        if last - first < 2:
            continue
        chord = closed[last] - closed[first]
        between = closed[first + 1 : last] - closed[first]
        length = float(np.hypot(*chord))
        if length == 0:
            away = np.hypot(*between.T)
        else:
            away = np.abs(between[:, 0] * chord[1] - between[:, 1] * chord[0]) / length
        furthest = int(away.argmax())
        if away[furthest] > tolerance:
            middle = first + 1 + furthest
            keep[middle] = True
            pending += [(first, middle), (middle, last)]
    return closed[:-1][keep[:-1]]


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
    image = Image.fromarray(mask.astype(np.uint8) * 255)
    return np.asarray(image.filter(ImageFilter.MaxFilter(2 * cells + 1))) > 0
