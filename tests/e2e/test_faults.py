"""The fault run in short: a few tasks for each fault, and nothing is lost."""

import pytest

from tests.template import ROOT
from xray.faults.report import Row
from xray.faults.run import RunSettings, started

# Far beyond what it takes: a busy machine must not count as a lost film.
pytestmark = pytest.mark.timeout(1200)

KILLS = [
    "killed before reading the film",
    "killed during inference",
    "killed after the result, before its message",
]


@pytest.fixture(scope="module")
def rows() -> dict[str, Row]:
    settings = RunSettings(ROOT, tasks=2, seed=7, away_s=4, limit_s=400)
    with started(settings, print) as run:
        return run.storm() | run.queues_away() | run.wrong_clock()


def test_every_fault_was_met_and_nothing_is_lost(rows: dict[str, Row]) -> None:
    assert len(rows) == 17
    tried = {name: row for name, row in rows.items() if not row.skipped}
    assert {name: row for name, row in tried.items() if not row.holds} == {}
    assert {name for name, row in tried.items() if row.tasks != 2} == set()
    met = {name for name, row in tried.items() if row.struck}
    # Which of the readers gets a film is not ours to choose: the one with the wrong clock may not.
    assert set(tried) - met <= {name for name in tried if "clock" in name}


def test_a_killed_reader_costs_one_more_reading_and_no_second_callback(rows) -> None:
    for name in KILLS:
        assert rows[name].recovery_p95_s
    assert rows[KILLS[0]].inferences_per_task >= 1
    assert rows[KILLS[1]].inferences_per_task >= 2


def test_a_messenger_killed_after_its_post_sends_the_same_bytes_again(rows) -> None:
    row = rows["killed after the POST, before its record"]
    assert row.posts_per_task > 1
    assert row.conflicting == 0


def test_receivers_get_what_they_ask_for(rows: dict[str, Row]) -> None:
    assert rows["receiver answers 410"].posts_per_task == 1
    assert rows["receiver answers 302"].posts_per_task >= 2
    assert rows["receiver answers 500"].posts_per_task >= 3
    assert rows["receiver answers 429 with Retry-After"].recovery_p50_s >= 3


def test_poison_films_end_in_an_error_callback(rows: dict[str, Row]) -> None:
    poison = rows["1 % poison films"]
    assert (poison.poison, poison.poison_told) == (2, 1.0)
