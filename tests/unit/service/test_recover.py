"""The sweeper sends what is due, and only that."""

from datetime import timedelta

import msgspec
import pytest
from msgspec.structs import replace

from service.errors import Unavailable
from service.messages import InferenceJob, InferenceResult
from service.recover import Recover
from service.task import Attempt, Lease, Task, TaskStatus
from tests.builders import a_task, memory_queues, new_id
from tests.fakes import START, FakeClock, MemoryQueue, MemoryTaskStore

MINUTE = timedelta(minutes=1)
TIME_LEFT = timedelta(seconds=50)
LEASE = Lease(holder="reader", until=START + MINUTE)


@pytest.fixture
def recover() -> Recover:
    return Recover(
        tasks=MemoryTaskStore(),
        queues=memory_queues(),
        results=MemoryQueue(),
        clock=FakeClock(),
        queue_patience=timedelta(hours=1),
        batch=10,
    )


def unsent() -> Task:
    return a_task(due_at=START + MINUTE)


def reading() -> Task:
    return a_task().claimed(LEASE, START)


def undelivered() -> Task:
    return reading().finished(1, "outcomes/1", None, START)


@pytest.mark.parametrize(
    ("make", "message"),
    [(unsent, InferenceJob), (reading, InferenceJob), (undelivered, InferenceResult)],
)
def test_what_is_due_is_sent_once(recover: Recover, make, message) -> None:
    recover.tasks.add(task := make())
    recover.clock.advance(seconds=60)
    assert recover(TIME_LEFT) == 1
    sent = recover.queues["normal"].messages + recover.results.messages
    assert sent == [message.about(task.key)]
    assert recover(TIME_LEFT) == 0
    recover.clock.advance(hours=1)
    assert recover(TIME_LEFT) == 1  # nobody came: once more


def test_a_film_goes_to_the_queue_of_its_priority(recover: Recover) -> None:
    recover.tasks.add(high := a_task(due_at=START, priority="high"))
    recover.tasks.add(normal := a_task(due_at=START))
    assert recover(TIME_LEFT) == 2
    assert recover.queues["high"].messages == [InferenceJob.about(high.key)]
    assert recover.queues["normal"].messages == [InferenceJob.about(normal.key)]


def test_a_queue_that_is_down_keeps_the_other_priority_from_nothing(recover: Recover) -> None:
    for _ in range(2):
        recover.tasks.add(a_task(due_at=START))
    recover.tasks.add(high := a_task(due_at=START, priority="high"))
    recover.queues["normal"].broken = {"send"}
    with pytest.raises(Unavailable, match=r"^normal read \(1\)$"):
        recover(TIME_LEFT)
    assert recover.queues["high"].messages == [InferenceJob.about(high.key)]


def test_what_is_not_due_is_left_alone(recover: Recover) -> None:
    recover.tasks.add(unsent())
    recover.tasks.add(reading())
    recover.clock.advance(seconds=59)
    assert recover(TIME_LEFT) == 0


def test_a_redrive_sends_what_is_not_yet_due_and_leaves_alone_whom_somebody_works_on(
    recover: Recover,
) -> None:
    delivering = Lease(holder="messenger", until=START + MINUTE)
    again = undelivered().delivery_claimed(delivering, START)
    failed = Attempt(at=START, status=500, latency_ms=1, error="answered 500")
    later = again.attempted("messenger", failed, timedelta(hours=2))
    over = replace(undelivered(), status=TaskStatus.CANCELLED, due_at=None)
    for task in (waiting := unsent(), reading(), due := undelivered(), again, later, over):
        recover.tasks.add(replace(task, task_id=new_id()) if task is later else task)
    assert recover(TIME_LEFT, START + timedelta(days=36500)) == 2
    assert recover.queues["normal"].messages == [InferenceJob.about(waiting.key)]
    assert recover.results.messages == [InferenceResult.about(due.key)]


def test_an_index_that_lags_behind_does_no_harm(recover: Recover) -> None:
    class Lagging(MemoryTaskStore):
        def due(self, now, limit):
            return [key for key in self.tasks]  # noqa: C416 - a copy, as a query gives

    recover = recover._replace(tasks=Lagging())
    recover.tasks.add(unsent())  # not yet due
    recover.tasks.add(over := a_task(due_at=START, status=TaskStatus.CANCELLED))
    assert recover(TIME_LEFT) == 0
    stored = recover.tasks.get(over.key)
    assert stored is not None
    assert stored.due_at is None  # what waits for nobody leaves the index


def test_a_sweep_is_bounded_and_the_rest_comes_next(recover: Recover) -> None:
    for _ in range(15):
        recover.tasks.add(unsent())
    recover.clock.advance(minutes=2)
    assert [recover(TIME_LEFT), recover(TIME_LEFT), recover(TIME_LEFT)] == [10, 5, 0]


def test_a_queue_that_is_down_leaves_everything_due_and_keeps_nobody_else(
    recover: Recover,
) -> None:
    for _ in range(3):
        recover.tasks.add(undelivered())
    recover.tasks.add(unread := unsent())
    recover.clock.advance(minutes=2)
    recover.results.broken = {"send"}
    with pytest.raises(Unavailable, match=r"deliver \(1\)"):  # asked once, not three times
        recover(TIME_LEFT)
    assert recover.queues["normal"].messages == [InferenceJob.about(unread.key)]
    recover.results.broken = set()
    assert recover(TIME_LEFT) == 3


def test_an_unreadable_record_keeps_nobody_else(recover: Recover) -> None:
    recover.tasks.add(strange := a_task(due_at=START))
    recover.tasks.add(good := unsent())
    recover.clock.advance(minutes=2)
    get = recover.tasks.get
    recover.tasks.due = lambda now, limit: [strange.key, good.key]  # type: ignore[method-assign]
    recover.tasks.get = (  # type: ignore[method-assign]
        lambda key: msgspec.convert({}, Task) if key == strange.key else get(key)
    )
    with pytest.raises(Unavailable, match="unreadable record"):
        recover(TIME_LEFT)
    assert recover.queues["normal"].messages == [InferenceJob.about(good.key)]


def test_a_sweep_ends_in_time(recover: Recover) -> None:
    class Slow(MemoryQueue):
        def send(self, message, delay=timedelta()) -> None:
            super().send(message, delay)
            recover.clock.advance(seconds=15)

    for _ in range(9):
        recover.tasks.add(unsent())
    recover.clock.advance(minutes=2)
    assert recover._replace(queues={"normal": Slow()})(TIME_LEFT) == 3
