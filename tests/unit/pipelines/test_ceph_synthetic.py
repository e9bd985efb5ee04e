"""Drawn films: the same for the same seed, and true to their landmarks."""

import numpy as np
import pytest

from pipelines.ceph.analyses import analyse
from pipelines.ceph.landmarks import ABBREVIATIONS
from pipelines.ceph.synthetic import draw
from pipelines.film import read_film

SIZE = (335, 418)


def test_a_seed_is_a_film():
    first, again, other = draw(1, SIZE), draw(1, SIZE), draw(2, SIZE)

    assert np.array_equal(first.pixels, again.pixels)
    assert np.array_equal(first.landmarks, again.landmarks)
    assert np.abs(first.landmarks - other.landmarks).max() > 2
    assert first.pixels.shape == (418, 335)
    assert first.pixels.dtype == np.uint8
    assert first.mm_per_px == pytest.approx(170 / 335)


def test_the_jpeg_is_the_film():
    film = draw(3, SIZE)
    decoded = read_film(film.jpeg())

    assert (decoded.width, decoded.height) == SIZE
    assert np.abs(decoded.pixels.astype(float) - film.pixels).mean() < 3


@pytest.mark.parametrize("seed", range(8))
def test_a_drawn_face_is_a_face(seed):
    film = draw(seed, SIZE)
    points = dict(zip(ABBREVIATIONS, film.landmarks.tolist(), strict=True))
    angles = analyse({name: (x, y) for name, (x, y) in points.items()})["measurements"]

    assert (film.landmarks > 0).all()
    assert (film.landmarks < SIZE).all()
    assert points["S"][0] < points["N"][0], "the face looks to the right"
    assert points["N"][1] < points["ANS"][1] < points["Me"][1], "and stands upright"
    assert 65 < angles["SNA"] < 100
    assert 65 < angles["SNB"] < 100


def test_soft_tissue_landmarks_lie_on_the_skin():
    for seed in range(5):
        film = draw(seed, (670, 836))
        air = film.pixels[400:, 640:].mean()
        for name in ("UL", "LL", "Pog'"):
            x, y = film.landmarks[ABBREVIATIONS.index(name)].astype(int)
            assert film.pixels[y, x - 16] > film.pixels[y, x + 16] + 5, name
            assert film.pixels[y, x + 16] < air + 25, name


def test_the_ear_rod_is_the_brightest_at_porion():
    drawn = 0
    for seed in range(6):
        film = draw(seed, (670, 836))
        x, y = film.landmarks[ABBREVIATIONS.index("Po")]
        top = film.pixels[int(y) - 2 : int(y) + 3, int(x) - 2 : int(x) + 3].max()
        drawn += top > 200
    assert drawn >= 4
