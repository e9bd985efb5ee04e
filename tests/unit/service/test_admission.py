"""Quotas, and how much may wait."""

from datetime import timedelta

import pytest

from service.admission import Admission
from service.caller import Caller
from service.errors import TooManyRequests, Unavailable
from service.messages import InferenceJob
from tests.builders import an_admission, new_id

CLINIC, RIVAL = Caller("clinic"), Caller("rival")


def film_waits(admission: Admission, films: int = 1) -> None:
    [queue] = admission.backlog.queues
    for _ in range(films):
        queue.send(InferenceJob(client="clinic", task_id=new_id()))


def test_a_client_has_its_quota_every_minute() -> None:
    admission = an_admission(tasks_per_minute=3)
    assert [admission(CLINIC) for _ in range(3)] == [1, 1, 1]
    with pytest.raises(TooManyRequests, match="3 a minute") as refused:
        admission(CLINIC)
    assert timedelta() < refused.value.retry_after <= timedelta(minutes=1)
    admission.clock.advance(seconds=refused.value.retry_after.total_seconds())
    assert admission(CLINIC) == 1


def test_one_client_does_not_spend_the_quota_of_another() -> None:
    admission = an_admission(tasks_per_minute=1)
    assert admission(CLINIC) == admission(RIVAL) == 1


def test_a_quota_of_ones_own_goes_first() -> None:
    admission = an_admission(tasks_per_minute=1)
    own = Caller("clinic", 2)
    assert [admission(own), admission(own)] == [1, 1]
    with pytest.raises(TooManyRequests):
        admission(own)


def test_of_many_as_many_pass_as_there_is_quota_and_room() -> None:
    assert an_admission(tasks_per_minute=3)(CLINIC, 5) == 3
    assert an_admission(most_waiting=4)(CLINIC, 5) == 4
    assert an_admission()(CLINIC, 5) == 5


def test_a_full_queue_takes_from_nobody_and_costs_no_quota() -> None:
    admission = an_admission(most_waiting=2)
    film_waits(admission, 2)
    with pytest.raises(TooManyRequests, match="queue is full") as refused:
        admission(CLINIC)
    assert refused.value.retry_after > timedelta()
    assert admission.counters.counts == {}


def test_what_was_let_in_counts_until_the_queue_is_looked_at_again() -> None:
    admission = an_admission(most_waiting=2)
    [queue] = admission.backlog.queues
    assert [admission(CLINIC), admission(CLINIC)] == [1, 1]
    with pytest.raises(TooManyRequests):
        admission(CLINIC)
    queue.broken = {"depth"}
    with pytest.raises(TooManyRequests):  # it is not asked every time
        admission(CLINIC)
    queue.broken = set()
    admission.clock.advance(seconds=6)
    assert admission(CLINIC) == 1


def test_a_queue_that_does_not_answer_keeps_nobody_out() -> None:
    admission = an_admission()
    admission.backlog.queues[0].broken = {"depth"}
    assert admission(CLINIC) == 1


def test_a_table_that_does_not_answer_accepts_nothing() -> None:
    admission = an_admission()
    admission.counters.broken = {"add"}
    with pytest.raises(Unavailable):
        admission(CLINIC)


def test_trials_have_a_quota_of_their_own() -> None:
    admission = an_admission(tasks_per_minute=1)
    for _ in range(10):
        admission.trial(CLINIC)
    with pytest.raises(TooManyRequests):
        admission.trial(CLINIC)
    admission.trial(RIVAL)
    assert admission(CLINIC) == 1
