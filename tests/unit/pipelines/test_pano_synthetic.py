"""Synthetic panoramics."""

import io

import numpy as np
from PIL import Image

from pipelines.pano.fdi import LOWER, UPPER, is_permanent, slot
from pipelines.pano.regions import fill
from pipelines.pano.synthetic import draw


def test_the_same_seed_draws_the_same_film():
    first, second, other = draw(3, (300, 600)), draw(3, (300, 600)), draw(4, (300, 600))
    assert np.array_equal(first.pixels, second.pixels)
    assert not np.array_equal(first.pixels, other.pixels)
    with Image.open(io.BytesIO(first.jpeg())) as image:
        assert image.size == (600, 300)


def test_teeth_are_where_the_film_shows_them():
    brighter = 0
    for seed in range(5):
        film = draw(seed, (350, 700))
        assert len(film.teeth) > 15
        assert all(map(is_permanent, film.teeth))
        teeth = np.zeros((350, 700), dtype=bool)
        for line in film.teeth.values():
            teeth |= fill(line, (350, 700))
        rows, columns = np.nonzero(teeth)
        around = ~teeth
        around[: rows.min()] = around[rows.max() :] = False
        around[:, : columns.min()] = around[:, columns.max() :] = False
        brighter += film.pixels[teeth].mean() > film.pixels[around].mean() + 20
    assert brighter == 5


def test_numbers_are_in_their_places():
    for seed in range(5):
        centres = {fdi: line.mean(axis=0) for fdi, line in draw(seed).teeth.items()}
        for jaw in (UPPER, LOWER):
            x = [
                x for _, x in sorted(
                    (slot(fdi)[1], at[0]) for fdi, at in centres.items() if slot(fdi)[0] == jaw
                )
            ]  # fmt: skip
            assert sum(np.diff(x) > 0) >= len(x) - 2  # a tilted third molar may lie over the next
        heights = [
            np.mean([at[1] for fdi, at in centres.items() if slot(fdi)[0] == jaw])
            for jaw in (UPPER, LOWER)
        ]
        assert heights[0] < heights[1]


def test_restorations_are_bright():
    film = next(film for film in map(draw, range(10)) if film.restorations)
    for _, mask in film.restorations:
        if mask.any():
            assert film.pixels[mask].mean() > film.pixels.mean()
