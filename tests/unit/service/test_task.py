"""The state machine: what each transition leads to, and from where it is refused."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from service.task import (
    Attempt,
    DeliveryState,
    Failure,
    Lease,
    LeaseHeld,
    LeaseLost,
    NothingToDo,
    Step,
    Task,
    TaskKey,
    TaskStatus,
)
from tests.builders import a_task
from tests.fakes import START

LATER = START + timedelta(seconds=10)
MINE = Lease(holder="me", until=START + timedelta(seconds=60))
THEIRS = Lease(holder="them", until=START + timedelta(seconds=120))


def claimed() -> Task:
    return a_task().claimed(MINE, START)


def finished(error: Failure | None = None) -> Task:
    return claimed().finished(1, "outcomes/1", error, LATER)


def attempt(error: str | None = None) -> Attempt:
    return Attempt(at=LATER, status=500 if error else 200, latency_ms=1000, error=error)


def test_a_key_survives_its_text() -> None:
    key = TaskKey("clinic", "7d5c")
    assert TaskKey.parse(str(key)) == key


def test_a_claim_raises_the_fence_and_is_due_when_its_lease_ends() -> None:
    task = claimed()
    assert (task.status, task.fence, task.abandoned) == (TaskStatus.PROCESSING, 1, 0)
    assert (task.started_at, task.due_at) == (START, MINE.until)


def test_a_live_lease_bars_others_and_a_dead_one_counts_as_abandoned() -> None:
    with pytest.raises(LeaseHeld):
        claimed().claimed(THEIRS, LATER)
    taken_over = claimed().claimed(THEIRS, MINE.until)
    assert (taken_over.fence, taken_over.abandoned, taken_over.lease) == (2, 1, THEIRS)
    assert taken_over.started_at == START


def test_claiming_twice_under_one_lease_is_claiming_once() -> None:
    task = claimed()
    assert task.claimed(MINE, LATER) is task


def test_a_released_task_can_be_claimed_at_once_and_nothing_counts_as_abandoned() -> None:
    released = claimed().released(1, LATER)
    assert (released.lease, released.due_at, released.setbacks) == (None, LATER, 1)
    assert released.released(1, LATER) is released
    again = released.claimed(THEIRS, LATER)
    assert (again.fence, again.abandoned) == (2, 0)


def test_a_film_that_was_not_fetched_is_tried_again_and_counts_as_nothing_else() -> None:
    waiting = claimed().not_fetched(1, LATER)
    assert (waiting.lease, waiting.due_at, waiting.fetches) == (None, LATER, 1)
    assert (waiting.setbacks, waiting.abandoned) == (0, 0)
    assert waiting.not_fetched(1, LATER) is waiting
    overtaken = claimed().claimed(THEIRS, MINE.until)
    assert overtaken.not_fetched(1, LATER) is overtaken


def test_the_address_of_a_film_goes_with_the_film() -> None:
    task = replace(claimed(), image_url="https://films.example/1?key=s3cret")
    assert task.finished(1, "outcomes/1", None, LATER).image_url is None
    assert task.cancelled(LATER).image_url is None


def test_only_the_latest_fence_can_finish() -> None:
    taken_over = claimed().claimed(THEIRS, MINE.until)
    with pytest.raises(LeaseLost):
        taken_over.finished(1, "outcomes/1", None, LATER)
    assert taken_over.finished(2, "outcomes/2", None, LATER).status is TaskStatus.COMPLETED


def test_a_finished_task_waits_for_its_callback_at_once() -> None:
    task = finished()
    assert (task.status, task.completed_at, task.due_at) == (TaskStatus.COMPLETED, LATER, LATER)
    assert task.waits_for is Step.DELIVER
    assert task.lease is None


def test_a_failed_task_keeps_its_error() -> None:
    task = finished(Failure(code=12002, message="truncated"))
    assert (task.status, task.error) == (
        TaskStatus.FAILED,
        Failure(code=12002, message="truncated"),
    )


def test_finishing_twice_with_one_outcome_is_finishing_once() -> None:
    task = finished()
    assert task.finished(1, "outcomes/1", None, LATER) is task


def test_a_finished_task_is_never_read_again() -> None:
    with pytest.raises(NothingToDo):
        finished().claimed(THEIRS, MINE.until)
    with pytest.raises(LeaseLost):
        finished().finished(2, "outcomes/2", None, LATER)


def test_a_callback_waits_for_the_end_of_reading() -> None:
    with pytest.raises(NothingToDo):
        claimed().delivery_claimed(THEIRS, LATER)


def test_a_delivered_callback_is_over() -> None:
    task = finished().delivery_claimed(MINE, LATER).attempted("me", attempt(), timedelta(seconds=5))
    assert task.delivery.state is DeliveryState.DELIVERED
    assert (task.due_at, task.delivery.lease, task.waits_for) == (None, None, None)
    with pytest.raises(NothingToDo):
        task.delivery_claimed(THEIRS, LATER)


def test_a_failed_attempt_is_due_again_after_its_gap_and_not_before() -> None:
    task = (
        finished()
        .delivery_claimed(MINE, LATER)
        .attempted("me", attempt("500"), timedelta(seconds=5))
    )
    due = LATER + timedelta(seconds=1) + timedelta(seconds=5)  # latency, then the gap
    assert (task.delivery.state, task.due_at) == (DeliveryState.WAITING, due)
    with pytest.raises(NothingToDo):
        task.delivery_claimed(THEIRS, due - timedelta(milliseconds=1))
    assert task.delivery_claimed(THEIRS, due).delivery.lease == THEIRS


def test_the_last_failed_attempt_exhausts_it() -> None:
    task = finished().delivery_claimed(MINE, LATER).attempted("me", attempt("500"), None)
    assert (task.delivery.state, task.due_at) == (DeliveryState.EXHAUSTED, None)


def test_a_live_delivery_bars_others_until_its_lease_ends() -> None:
    task = finished().delivery_claimed(MINE, LATER)
    with pytest.raises(LeaseHeld):
        task.delivery_claimed(THEIRS, LATER)
    taken_over = task.delivery_claimed(THEIRS, MINE.until)
    assert taken_over.delivery.lease == THEIRS
    [lost] = taken_over.delivery.attempts  # what its holder died over
    assert (lost.status, lost.error) == (None, "the process ended before the attempt was recorded")


def test_a_success_after_the_last_failure_is_one() -> None:
    task = finished().delivery_claimed(MINE, LATER).attempted("me", attempt("500"), None)
    late = task.attempted("them", attempt(), None)
    assert late.delivery.state is DeliveryState.DELIVERED


def test_a_late_failure_does_not_undo_a_delivery() -> None:
    task = finished().delivery_claimed(MINE, LATER).attempted("me", attempt(), None)
    late = task.attempted("me", attempt("timed out"), timedelta(seconds=5))
    assert late.delivery.state is DeliveryState.DELIVERED
    assert (len(late.delivery.attempts), late.due_at) == (2, None)


def test_an_attempt_is_recorded_once() -> None:
    task = finished().delivery_claimed(MINE, LATER).attempted("me", attempt(), None)
    assert task.attempted("me", attempt(), None) is task


def test_an_attempt_of_somebody_overtaken_is_recorded_and_takes_nothing_away() -> None:
    overtaken = finished().delivery_claimed(MINE, LATER).delivery_claimed(THEIRS, MINE.until)
    failed = overtaken.attempted("me", attempt("timed out"), timedelta(seconds=5))
    assert (failed.delivery.lease, failed.due_at) == (THEIRS, THEIRS.until)
    assert len(failed.delivery.attempts) == 2
    delivered = overtaken.attempted("me", attempt(), timedelta(seconds=5))
    assert delivered.delivery.state is DeliveryState.DELIVERED  # a success is one, whoever had it


def test_sending_moves_the_due_time_only_of_what_nobody_works_on() -> None:
    later = START + timedelta(hours=1)
    assert a_task().sent(Step.READ, LATER, later).due_at == later
    assert claimed().sent(Step.READ, LATER, later).due_at == MINE.until
    assert claimed().sent(Step.READ, MINE.until, later).due_at == later  # its reader is dead
    assert finished().sent(Step.READ, LATER, later).due_at == LATER  # an old message's echo
    assert finished().sent(Step.DELIVER, LATER, later).due_at == later


def test_a_cancelled_task_waits_for_nothing() -> None:
    assert a_task(status=TaskStatus.CANCELLED).waits_for is None
