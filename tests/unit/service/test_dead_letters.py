"""What becomes of messages that nobody came to an end with."""

from datetime import timedelta

import pytest

from service.conclude import Conclude
from service.dead_letters import Undelivered, Unread
from service.errors import FailureCode, Unavailable
from service.messages import InferenceJob, InferenceResult
from service.task import DeliveryState, Lease, Task, TaskStatus
from tests.builders import JPEG, a_task
from tests.fakes import START, FakeClock, MemoryFilmStore, MemoryQueue, MemoryTaskStore

TIME_LEFT = timedelta(seconds=50)
LEASE = Lease(holder="reader", until=START + timedelta(minutes=2))


@pytest.fixture
def unread() -> Unread:
    tasks, clock = MemoryTaskStore(), FakeClock()
    conclude = Conclude(tasks, MemoryFilmStore(), MemoryQueue(), clock, timedelta(hours=1))
    return Unread(tasks, clock, conclude, max_reads=3)


@pytest.fixture
def undelivered() -> Undelivered:
    schedule = (timedelta(), timedelta(seconds=5), timedelta(hours=2))
    return Undelivered(MemoryTaskStore(), FakeClock(), schedule)


def stored(settle: Unread | Undelivered, task: Task) -> Task:
    found = settle.tasks.get(task.key)
    assert found is not None
    return found


def letter_about(settle: Unread, task: Task) -> Task:
    settle(InferenceJob.about(task.key), TIME_LEFT)
    return stored(settle, task)


def test_a_letter_sends_the_film_to_one_more_reader(unread: Unread) -> None:
    unread.tasks.add(task := a_task(due_at=START + timedelta(hours=1)))
    task = letter_about(unread, task)
    assert (task.status, task.abandoned, task.due_at) == (TaskStatus.PENDING, 1, START)


def test_the_last_letter_ends_the_task_with_an_error_callback(unread: Unread) -> None:
    unread.tasks.add(task := a_task(abandoned=2))
    unread.conclude.films.put_film(task.film_key, JPEG, "image/jpeg")
    task = letter_about(unread, task)
    assert task.status is TaskStatus.FAILED
    assert task.error is not None
    assert task.error.code == FailureCode.TIMED_OUT
    assert list(unread.conclude.films.objects) == [task.outcome_key]  # the film is gone
    assert unread.conclude.results.messages == [InferenceResult.about(task.key)]


def test_a_letter_about_an_ended_or_unknown_task_is_dropped(unread: Unread) -> None:
    done = a_task().claimed(LEASE, START).finished(1, "outcomes/1", None, START)
    unread.tasks.add(done)
    assert letter_about(unread, done) == done
    unread(InferenceJob.about(a_task().key), TIME_LEFT)


def test_a_letter_about_a_film_that_is_being_read_changes_nothing(unread: Unread) -> None:
    unread.tasks.add(task := a_task(abandoned=2).claimed(LEASE, START))
    assert letter_about(unread, task) == task


def test_a_dead_readers_lease_is_the_lost_reader(unread: Unread) -> None:
    unread.tasks.add(task := a_task().claimed(LEASE, START))
    unread.clock.advance(minutes=3)
    task = letter_about(unread, task)
    assert (task.abandoned, task.lease) == (1, None)


def test_the_letters_of_an_outage_end_no_task(unread: Unread) -> None:
    task = a_task(abandoned=2).claimed(LEASE, START)
    task = task.released(1, START + timedelta(minutes=4))
    unread.tasks.add(task)
    task = letter_about(unread, task)
    assert (task.status, task.abandoned, task.setbacks) == (TaskStatus.PROCESSING, 2, 0)
    assert task.due_at == START + timedelta(minutes=4)


def test_a_letter_comes_again_while_the_store_is_down(unread: Unread) -> None:
    unread.tasks.add(task := a_task(abandoned=2))
    unread.conclude.films.broken = {"put_outcome"}
    with pytest.raises(Unavailable):
        letter_about(unread, task)
    unread.conclude.films.broken = set()
    unread.clock.advance(minutes=5)
    assert letter_about(unread, task).status is TaskStatus.FAILED


def test_letters_of_results_spend_the_schedule(undelivered: Undelivered) -> None:
    task = a_task().claimed(LEASE, START).finished(1, "outcomes/1", None, START)
    undelivered.tasks.add(task)
    for made in (1, 2, 3):
        undelivered(InferenceResult.about(task.key), TIME_LEFT)
        undelivered(InferenceResult.about(task.key), TIME_LEFT)  # not yet due: changes nothing
        delivery = stored(undelivered, task).delivery
        assert len(delivery.attempts) == made
        assert delivery.lease is None
        undelivered.clock.advance(hours=3)
    assert delivery.state is DeliveryState.EXHAUSTED
    assert stored(undelivered, task).due_at is None
    undelivered(InferenceResult.about(a_task().key), TIME_LEFT)  # about no task
