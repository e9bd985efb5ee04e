"""Readings that are taken from look to look together."""

import threading

import pytest

from pipelines import lockstep
from pipelines.errors import InferenceFailed, WrongFilm
from pipelines.lockstep import in_step


def adding(*numbers):
    """A film that is looked at once for each number; what is seen is summed up."""
    total = 0
    for number in numbers:
        total += yield number
    if total > 1000:
        raise WrongFilm("too much")
    return total


def looking(sizes):
    """A network that sees ten times what it is shown, and fails on 13."""

    def look(numbers):
        sizes.append(len(numbers))
        return [InferenceFailed("13") if one == 13 else one * 10 for one in numbers]

    return look


def test_each_look_is_one_run_for_all_that_still_want_one():
    sizes = []
    outcomes = in_step([adding(1), adding(2, 3, 4), adding(), adding(5, 6)], looking(sizes))
    assert outcomes == [10, 90, 0, 110]
    assert sizes == [3, 2, 1]


def test_one_that_fails_leaves_the_others_to_go_on():
    sizes = []
    lost, wrong, good = in_step([adding(13, 1), adding(999), adding(1, 2)], looking(sizes))
    assert isinstance(lost, InferenceFailed)
    assert isinstance(wrong, WrongFilm)
    assert good == 30
    assert sizes == [3, 1]


def test_a_reading_may_go_on_after_a_look_that_failed():
    def forgiving():
        try:
            yield 13
        except InferenceFailed:
            return (yield 2)

    assert in_step([forgiving()], looking([])) == [20]


def test_no_film_is_no_look():
    assert in_step([], looking(sizes := [])) == []
    assert sizes == []


def test_an_error_that_is_not_the_films_own_gets_out():
    def broken():
        yield 1
        raise ValueError("a mistake in a program")

    with pytest.raises(ValueError, match="mistake"):
        in_step([broken(), adding(1)], looking([]))


def test_films_are_got_ready_side_by_side(monkeypatch):
    monkeypatch.setattr(lockstep, "_processors", lambda: 2)
    both = threading.Barrier(2, timeout=30)

    def waiting():
        both.wait()
        seen = yield 1
        both.wait()
        return seen

    assert in_step([waiting(), waiting()], looking([])) == [10, 10]
