"""Regions of masks, against slow but simple counterparts."""

from collections import deque

import numpy as np
import pytest

from pipelines.pano import regions


def flooded(mask):
    """Regions by breadth-first search."""
    out = np.zeros(mask.shape, dtype=int)
    count = 0
    for start in np.argwhere(mask).tolist():
        if out[tuple(start)]:
            continue
        count += 1
        out[tuple(start)] = count
        queue = deque([start])
        while queue:
            y, x = queue.popleft()
            for near in ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1)):
                inside = 0 <= near[0] < mask.shape[0] and 0 <= near[1] < mask.shape[1]
                if inside and mask[near] and not out[near]:
                    out[near] = count
                    queue.append(near)
    return out, count


@pytest.mark.parametrize("seed", range(6))
def test_regions_are_those_of_a_flood(seed):
    mask = np.random.default_rng(seed).random((23, 37)) < 0.55
    labels, count = regions.label(mask)
    expected, number = flooded(mask)
    assert count == number
    pairs = set(zip(labels.ravel().tolist(), expected.ravel().tolist(), strict=True))
    assert len(pairs) == count + 1
    assert regions.sizes(labels, count).sum() == mask.sum()


def test_an_empty_mask_has_no_region():
    labels, count = regions.label(np.zeros((4, 5), dtype=bool))
    assert count == 0
    assert not labels.any()
    assert regions.outline(np.zeros((4, 5), dtype=bool), 1.0).shape == (0, 2)


@pytest.mark.parametrize("seed", range(4))
def test_an_outline_fills_to_its_mask(seed):
    chance = np.random.default_rng(seed)
    y, x = np.mgrid[:80, :90]
    mask = np.zeros((80, 90), dtype=bool)
    for _ in range(3):
        cx, cy, r = chance.uniform(30, 55), chance.uniform(30, 50), chance.uniform(8, 20)
        mask |= (x - cx) ** 2 + (y - cy) ** 2 < r**2
    mask = regions.largest(mask)
    again = regions.fill(regions.outline(mask, 0.6), (80, 90))
    assert (mask & again).sum() / (mask | again).sum() > 0.93


def test_an_outline_of_a_rectangle_has_its_four_corners():
    mask = np.zeros((10, 12), dtype=bool)
    mask[2:7, 3:9] = True
    corners = {tuple(corner) for corner in regions.outline(mask, 0.3).tolist()}
    assert corners == {(2.5, 1.5), (8.5, 1.5), (8.5, 6.5), (2.5, 6.5)}


def test_only_the_largest_region_is_outlined():
    mask = np.zeros((20, 20), dtype=bool)
    mask[1:3, 1:3] = mask[8:18, 8:18] = True
    assert regions.outline(mask, 0.5).min() == 7.5


def test_regions_meet_in_the_valley():
    height = np.abs(np.arange(21) - 8).astype(np.float32)[None].repeat(5, axis=0)
    seeds = np.zeros((5, 21), dtype=np.int32)
    seeds[2, 0], seeds[2, 20] = 1, 2
    grown = regions.grow(seeds, height, np.arange(12, -1, -1.0))
    assert (grown[:, :8] == 1).all()
    assert (grown[:, 9:] == 2).all()


def test_widening_reaches_as_far_as_said():
    mask = np.zeros((11, 11), dtype=bool)
    mask[5, 5] = True
    assert regions.widen(mask, 2).sum() == 25


def test_widening_ends_at_the_border_and_leaves_nothing_empty_behind():
    mask = np.zeros((6, 9), dtype=bool)
    assert not regions.widen(mask, 2).any()
    mask[0, 8] = True
    assert np.argwhere(regions.widen(mask, 2)).min(axis=0).tolist() == [0, 6]
    assert regions.widen(mask, 2).sum() == 9


@pytest.mark.parametrize("seed", range(6))
def test_boxes_go_around_their_regions(seed):
    mask = np.random.default_rng(seed).random((19, 31)) < 0.4
    labels, count = regions.label(mask)
    boxes = regions.boxes(labels, count)
    assert len(boxes) == count
    for index, (rows, columns) in enumerate(boxes, start=1):
        region = np.argwhere(labels == index)
        assert [rows.start, columns.start] == region.min(axis=0).tolist()
        assert [rows.stop - 1, columns.stop - 1] == region.max(axis=0).tolist()
        assert regions.box(labels == index) == (rows, columns)


def test_the_box_of_an_empty_mask_is_empty():
    mask = np.zeros((4, 5), dtype=bool)
    assert mask[regions.box(mask)].size == 0


def test_a_mask_that_touches_itself_by_a_corner_is_outlined_whole():
    mask = np.zeros((8, 8), dtype=bool)
    mask[1:4, 1:4] = mask[4:7, 4:7] = mask[5:7, 1:7] = mask[1:6, 1] = True
    outline = regions.outline(mask, 0.3)
    assert outline.min(axis=0).tolist() == [0.5, 0.5]
    assert outline.max(axis=0).tolist() == [6.5, 6.5]


def halved(line, tolerance):
    """An open line with fewer corners, all but its end."""
    (x0, y0), (x1, y1) = line[0], line[-1]
    away = np.abs((line[:, 0] - x0) * (y1 - y0) - (line[:, 1] - y0) * (x1 - x0))
    if away.max() <= tolerance * np.hypot(x1 - x0, y1 - y0):
        return [line[0].tolist()]
    middle = int(away.argmax())
    return halved(line[: middle + 1], tolerance) + halved(line[middle:], tolerance)


@pytest.mark.parametrize("seed", range(4))
def test_a_simplified_line_is_that_of_douglas_and_peucker(seed):
    chance = np.random.default_rng(seed)
    angle = np.sort(chance.uniform(0, 2 * np.pi, 120))
    loop = ((30 + chance.uniform(-4, 4, 120)) * [np.cos(angle), np.sin(angle)]).T
    far = int(np.hypot(*(loop - loop[0]).T).argmax())
    expected = halved(loop[: far + 1], 2.0) + halved(np.vstack([loop[far:], loop[:1]]), 2.0)
    assert regions.simplify(loop, 2.0).tolist() == expected
    assert 3 < len(expected) < len(loop)


def flooded_downhill(seeds, height, levels):
    """Growing regions, cell by cell."""
    out = seeds.copy()
    for level in levels:
        while True:
            taken = {}
            for y, x in np.argwhere((height >= level) & (out == 0)).tolist():
                around = ((y - 1, x), (y + 1, x), (y, x - 1), (y, x + 1))
                near = [
                    out[one]
                    for one in around
                    if 0 <= one[0] < out.shape[0] and 0 <= one[1] < out.shape[1]
                ]
                if max(near, default=0):
                    taken[y, x] = max(near)
            if not taken:
                break
            for cell, number in taken.items():
                out[cell] = number
    return out


@pytest.mark.parametrize("seed", range(3))
def test_regions_grow_as_cell_by_cell(seed):
    height = np.random.default_rng(seed).random((14, 17)).astype(np.float32)
    seeds, _ = regions.label(height > 0.9)
    levels = np.linspace(0.8, 0.2, 5)
    expected = flooded_downhill(seeds, height, levels)
    assert (regions.grow(seeds, height, levels) == expected).all()
