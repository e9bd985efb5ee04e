"""How a face lies on the canvas, with a reader whose answers are known."""

import math

import numpy as np
import pytest

from pipelines.ceph.framing import read_in_frame
from pipelines.ceph.landmarks import ABBREVIATIONS
from pipelines.ceph.modules.landmarks.predictor import Prediction
from pipelines.film import Film
from pipelines.lockstep import in_step

CANVAS = (200, 200)
GREY, BLACK, WHITE = 60, 10, 255
ENDS = ("Po", "Or", "N", "Me")


class Reader:
    """Finds the ends of a bright cross, and is as sure as it is told."""

    def __init__(self, *masses):
        self.masses = list(masses)
        self.films = []

    def __call__(self, film):
        self.films.append(film)
        reduction = round(film.height / film.pixels.shape[0])
        bright = np.argwhere(film.pixels > (GREY + WHITE) / 2)[:, ::-1]
        ends = {
            "Po": bright[bright[:, 0].argmin()], "Or": bright[bright[:, 0].argmax()],
            "N": bright[bright[:, 1].argmin()], "Me": bright[bright[:, 1].argmax()],
        }  # fmt: skip
        middle = np.mean(list(ends.values()), axis=0)
        points = np.array([ends.get(name, middle) for name in ABBREVIATIONS])
        mass = np.full(len(points), self.masses.pop(0))
        return Prediction((points + 0.5) * reduction - 0.5, mass, mass)


def film_with(ends, size=(100, 100), reduction=1):
    """Bright pixels at the ends, black at the left edge."""
    width, height = size
    pixels = np.full((height // reduction, width // reduction), GREY, np.uint8)
    pixels[:, :2] = BLACK
    for x, y in ends:
        column, row = round(x / reduction), round(y / reduction)
        half = max(1, width // 200 // reduction)
        pixels[max(row - half, 0) : row + half + 1, max(column - half, 0) : column + half + 1] = (
            WHITE
        )
    return Film(pixels, width, height)


def cross(width, height, tilt_deg=2.3, middle=(50, 50)):
    """Po, Or, N and Me about a middle, turned clockwise."""
    cosine, sine = math.cos(math.radians(tilt_deg)), math.sin(math.radians(tilt_deg))
    arms = [(-width / 2, 0), (width / 2, 0), (0, -height / 2), (0, height / 2)]
    return [(middle[0] + x * cosine - y * sine, middle[1] + x * sine + y * cosine) for x, y in arms]


def found(prediction):
    return np.array([prediction.points[ABBREVIATIONS.index(name)] for name in ENDS])


def read(reader, film):
    reading = read_in_frame(film, reader(film), CANVAS)
    [prediction] = in_step([reading], lambda films: [reader(one) for one in films])
    return prediction


def test_a_face_that_lies_as_usual_is_read_once():
    reader = Reader(0.5)
    assert np.abs(found(read(reader, film_with(cross(54, 54)))) - cross(54, 54)).max() <= 2
    assert len(reader.films) == 1


@pytest.mark.parametrize(
    ("side", "width"),
    [
        (88, 168),  # with the ends' own pixels: 100 · 0.91 / 0.54
        (36, 72),  # 100 · 0.39 / 0.54
        (16, 50),  # at most to double the size
    ],
)
def test_margins_are_added_or_cut_off_and_points_stay_where_they_are(side, width):
    reader = Reader(0.5, 0.6, 0.6)
    reading = read(reader, film_with(cross(side, side)))

    assert np.abs(found(reading) - cross(side, side)).max() <= 2
    assert reading.masses[0] == 0.6
    window = reader.films[1]
    assert window.width == pytest.approx(width, abs=3)
    assert (window.pixels[0, 0] == BLACK) == (width > 100), "margins are black"


@pytest.mark.parametrize("tilt", [-18, -9, 13, 20])
def test_a_tilted_face_is_set_upright_and_points_stay_where_they_are(tilt):
    size, middle = (400, 400), (190, 210)
    ends = cross(216, 216, 2.3 + tilt, middle)
    reader = Reader(0.5, 0.6, 0.6)
    reading = read(reader, film_with(ends, size))

    upright = found(Reader(1)(reader.films[1]))
    slope = np.subtract(upright[1], upright[0])
    assert math.degrees(math.atan2(slope[1], slope[0])) == pytest.approx(2.3, abs=1.5)
    assert np.abs(found(reading) - ends).max() <= 3


def test_a_second_reading_that_is_less_sure_does_not_count():
    reading = read(Reader(0.5, 0.4), film_with(cross(88, 88)))
    assert reading.masses[0] == 0.5


@pytest.mark.parametrize("reduction", [1, 4])
def test_a_large_film_is_read_no_finer_than_the_canvas_needs(reduction):
    ends = cross(1760, 1760, middle=(1000, 1000))
    reader = Reader(0.5, 0.6, 0.6)
    reading = read(reader, film_with(ends, (2000, 2000), reduction))

    assert np.abs(found(reading) - ends).max() <= 24
    window = reader.films[1]
    assert window.width == pytest.approx(3300, abs=60)
    assert max(window.pixels.shape) < 2 * 1.5 * max(CANVAS)


def test_points_in_one_place_on_a_tiny_film_do_no_harm():
    reading = read(Reader(0.1, 0.0), film_with([(30, 30)], size=(64, 64)))
    assert len(reading.points) == len(ABBREVIATIONS)


def test_points_far_apart_on_a_sliver_of_a_film_stay_within_bounds():
    sizes, masses = [], iter((0.1, 0.2, 0.3))

    def anywhere(film):
        sizes.append(film.pixels.shape)
        mass = np.full(len(ABBREVIATIONS), next(masses))
        points = np.random.default_rng(1).uniform(0, 40_000, (len(ABBREVIATIONS), 2))
        return Prediction(points, mass, mass)

    film = Film(np.zeros((40_000, 64), np.uint8), 64, 40_000)
    read(anywhere, film)
    assert len(sizes) > 1
    assert all(max(shape) <= 2 * 1.5 * max(CANVAS) for shape in sizes[1:])
