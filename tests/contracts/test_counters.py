"""What every Counters does."""

from datetime import timedelta

from service.ports import Counters
from tests.fakes import START

SOON = START + timedelta(minutes=2)


def test_a_counter_counts_from_nothing(counters: Counters) -> None:
    assert [counters.add("a", by, SOON) for by in (1, 1, 100)] == [1, 2, 102]


def test_each_counts_for_itself(counters: Counters) -> None:
    counters.add("a", 5, SOON)
    assert counters.add("b", 1, SOON) == 1
