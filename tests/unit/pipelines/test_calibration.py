"""Confidences: from scores to probabilities, and whether these hold."""

import numpy as np
import pytest

from pipelines.calibration import calibrate, reliability


def test_calibration_rises_and_follows_the_shares():
    scores = np.linspace(0, 1, 400)
    right = np.random.default_rng(1).random(400) < scores**0.5
    raw, probability = np.array(calibrate(scores, right, 8)).T

    assert (np.diff(raw) > 0).all()
    assert (np.diff(probability) >= 0).all()
    assert np.interp(0.64, raw, probability) == pytest.approx(0.8, abs=0.12)


def test_nothing_measured_leaves_scores_as_they_are():
    assert calibrate(np.empty(0), np.empty(0, dtype=bool), 6) == ((0.0, 0.0), (1.0, 1.0))


def test_reliability_compares_confidence_with_what_was_right():
    chance = np.random.default_rng(2)
    films = []
    for _ in range(20):
        scores = chance.random(100)
        films.append((scores, chance.random(100) < scores))
    rows = reliability(films, 6)

    assert sum(one["n"] for one in rows) == 2000
    assert all(one["confidence"] == pytest.approx(one["right"], abs=0.1) for one in rows)


def test_a_film_is_judged_by_the_others():
    """The odd film is sure of what is wrong; by its own scores alone that would not be seen."""
    good = (np.full(50, 0.9), np.ones(50, dtype=bool))
    odd = (np.full(50, 0.9), np.zeros(50, dtype=bool))
    rows = reliability([good, good, good, odd], 4)

    assert rows[-1]["confidence"] > 0.95
    assert rows[-1]["right"] < 0.5
