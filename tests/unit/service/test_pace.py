"""How long films take, noted in passing."""

from datetime import timedelta

import pytest

from service.pace import Pace
from tests.fakes import FakeClock, MemoryTaskStore


@pytest.fixture
def pace() -> Pace:
    return Pace(MemoryTaskStore(), FakeClock())


def seconds(number: float) -> timedelta:
    return timedelta(seconds=number)


def test_the_first_film_is_taken_as_it_is(pace: Pace) -> None:
    pace.note("ceph", seconds(2))
    assert pace.tasks.pace("ceph") == seconds(2)
    assert pace.tasks.pace("pano") is None


def test_a_slow_film_moves_the_average_a_little(pace: Pace) -> None:
    pace.tasks.set_pace("ceph", seconds(1))
    pace.note("ceph", seconds(11))
    assert pace.tasks.pace("ceph") == seconds(3)


def test_a_lasting_change_arrives(pace: Pace) -> None:
    pace.tasks.set_pace("ceph", seconds(10))
    for _ in range(30):
        pace.note("ceph", seconds(1))
        pace.clock.advance(seconds=10)
    known = pace.tasks.pace("ceph")
    assert known is not None
    assert abs(known - seconds(1)) < seconds(0.1)


def test_however_many_are_read_the_item_is_written_now_and_then(pace: Pace) -> None:
    for number in range(100):
        pace.note("ceph", seconds(number))
        pace.note("pano", seconds(number))
        pace.clock.advance(seconds=0.09)
    assert pace.tasks.pace("ceph") == pace.tasks.pace("pano") == seconds(0)
    pace.clock.advance(seconds=1)
    pace.note("ceph", seconds(5))
    assert pace.tasks.pace("ceph") == seconds(1)


@pytest.mark.parametrize("method", ["pace", "set_pace"])
def test_an_outage_costs_the_film_nothing(pace: Pace, method: str) -> None:
    pace.tasks.broken = {method}
    pace.note("ceph", seconds(1))
