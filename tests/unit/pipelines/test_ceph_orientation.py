"""Which way a film is read, with a reader whose answers are known."""

import numpy as np
import pytest

from pipelines.ceph.modules.landmarks.predictor import Prediction
from pipelines.ceph.orientation import read_either_way
from pipelines.film import Film
from pipelines.lockstep import in_step


class Reader:
    """Finds the brightest pixel, and is as sure as it lies far to the right."""

    def __init__(self):
        self.read = 0

    def __call__(self, film):
        self.read += 1
        reduction = round(film.height / film.pixels.shape[0])
        row, column = np.unravel_index(film.pixels.argmax(), film.pixels.shape)
        x, y = (column + 0.5) * reduction - 0.5, (row + 0.5) * reduction - 0.5
        share = (column + 0.5) / film.pixels.shape[1]
        return Prediction(np.array([[x, y]]), np.array([share]), np.array([share]))


def read_by(reader, film, sure):
    [reading] = in_step([read_either_way(film, sure)], lambda films: [reader(one) for one in films])
    return reading


def film_with(column, width=200, height=100, reduction=1):
    pixels = np.zeros((-(-height // reduction), -(-width // reduction)), np.uint8)
    pixels[30 // reduction, column // reduction] = 255
    return Film(pixels, width, height)


def test_a_film_that_is_surely_read_is_read_once():
    read = Reader()
    reading = read_by(read, film_with(150), sure=0.6)

    assert (read.read, reading.mirrored) == (1, False)
    assert reading.submitted_points().tolist() == [[150, 30]]


def test_a_film_that_faces_left_is_read_in_the_mirror_and_reported_as_it_is():
    read = Reader()
    reading = read_by(read, film_with(50), sure=0.6)

    assert (read.read, reading.mirrored) == (2, True)
    assert reading.submitted_points().tolist() == [[50, 30]]
    assert reading.prediction.masses[0] == pytest.approx(149.5 / 200)


def test_of_two_doubtful_readings_the_surer_counts():
    reading = read_by(Reader(), film_with(120), sure=0.9)
    assert not reading.mirrored
    assert reading.submitted_points().tolist() == [[120, 30]]


def test_points_stay_where_they_are_on_a_film_decoded_at_a_fraction():
    reading = read_by(Reader(), film_with(50, width=203, reduction=4), sure=0.6)
    assert reading.mirrored
    assert reading.submitted_points().tolist() == [[49.5, 29.5]]  # the middle of its 4 × 4 pixels
