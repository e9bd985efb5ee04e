"""What a client may do with a task that it has posted: cancel it, have it delivered again."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from service.cancel import Cancel
from service.deliver import Deliver
from service.errors import NotFound, NotInThisState, Unavailable
from service.messages import InferenceResult
from service.ports import Answer, Reading
from service.redeliver import Redeliver
from service.signatures import Signer
from service.status import Status
from service.task import Attempt, DeliveryState, Lease, LeaseLost, Task, TaskKey, TaskStatus
from tests.builders import JPEG, PLACES, a_task, an_infer, read_one
from tests.fakes import (
    START,
    FakeClock,
    FakeCourier,
    MemoryClientStore,
    MemoryFilmStore,
    MemoryQueue,
    MemoryTaskStore,
)

LEASE = Lease(holder="reader", until=START + timedelta(minutes=2))
HOUR = timedelta(hours=1)


class World:
    """One task, and everything that acts on it."""

    def __init__(self) -> None:
        self.tasks, self.films, self.clock = MemoryTaskStore(), MemoryFilmStore(), FakeClock()
        self.results, self.courier = MemoryQueue(), FakeCourier()
        self.cancel = Cancel(self.tasks, self.films, self.clock)
        self.redeliver = Redeliver(self.tasks, self.results, self.clock, HOUR)
        self.status = Status(self.tasks, self.films, self.clock, PLACES)
        self.deliver = Deliver(
            tasks=self.tasks,
            films=self.films,
            results=self.results,
            courier=self.courier,
            signer=Signer(MemoryClientStore()),
            clock=self.clock,
            schedule=(timedelta(), timedelta(seconds=5)),
        )
        self.infer = an_infer(
            tasks=self.tasks, films=self.films, results=self.results, clock=self.clock
        )
        task = a_task()
        self.key = task.key
        self.films.put_film(task.film_key, JPEG, "image/jpeg")
        self.tasks.add(task)

    @property
    def task(self) -> Task:
        found = self.tasks.get(self.key)
        assert found is not None
        return found

    def read(self) -> None:
        read_one(self.infer, self.key)

    def attempt(self) -> None:
        self.deliver(InferenceResult.about(self.key), timedelta(seconds=45))


@pytest.fixture
def world() -> World:
    return World()


def test_a_cancelled_task_is_never_read_and_never_called_back(world: World) -> None:
    assert world.cancel(world.key).status is TaskStatus.CANCELLED
    assert not world.films.objects
    world.read()
    world.attempt()
    assert world.task.status is TaskStatus.CANCELLED
    assert not world.courier.posts
    assert world.tasks.due(START + timedelta(days=9), 9) == []


def test_cancelling_while_it_is_read_drops_the_outcome(world: World) -> None:
    reading = world.tasks.update(world.task, lambda t: t.claimed(LEASE, START))
    world.cancel(world.key)
    with pytest.raises(LeaseLost):
        world.tasks.update(reading, lambda t: t.finished(1, "outcomes/1", None, START))
    assert world.task.outcome_key is None


def test_cancelling_twice_is_cancelling_once(world: World) -> None:
    first = world.cancel(world.key)
    assert world.cancel(world.key) == first


def test_what_has_ended_cannot_be_cancelled(world: World) -> None:
    world.read()
    with pytest.raises(NotInThisState, match="already completed"):
        world.cancel(world.key)
    assert world.task.status is TaskStatus.COMPLETED


def test_a_film_that_cannot_be_removed_does_not_undo_the_cancelling(world: World) -> None:
    world.films.broken = {"delete_film"}
    assert world.cancel(world.key).status is TaskStatus.CANCELLED


def test_a_redelivery_sends_the_same_bytes_without_reading_again(world: World) -> None:
    world.read()
    world.attempt()
    world.redeliver(world.key)
    assert world.task.delivery.state is DeliveryState.WAITING
    world.attempt()
    (_, first, _), (_, second, _) = world.courier.posts
    assert first == second
    assert world.task.delivery.state is DeliveryState.DELIVERED
    assert len(world.infer.reader.films) == 1


def test_what_a_callback_only_links_to_is_found_whole(world: World) -> None:
    world.infer.reader.reading = Reading(data={"mask": "x" * 100_000}, models={})
    world.read()
    assert world.status(world.key).data == world.infer.reader.reading.data
    assert ".report.json?" in world.status.result_link(world.key)
    world.attempt()
    [(_, body, _)] = world.courier.posts
    assert len(body) < 1000


def test_a_redelivery_begins_the_schedule_anew(world: World) -> None:
    world.courier.answers = [Answer(status=500, latency_ms=1)]
    world.read()
    for _ in range(2):
        world.attempt()
        world.clock.advance(seconds=10)
    assert world.task.delivery.state is DeliveryState.EXHAUSTED
    world.redeliver(world.key)
    world.attempt()
    assert world.task.delivery.state is DeliveryState.WAITING  # one more is left
    world.clock.advance(seconds=10)
    world.attempt()
    assert world.task.delivery.state is DeliveryState.EXHAUSTED
    assert len(world.task.delivery.attempts) == 4


def test_a_redelivery_does_not_wait_for_a_later_attempt(world: World) -> None:
    world.courier.answers = [Answer(status=500, latency_ms=1), Answer(status=200, latency_ms=1)]
    world.read()
    world.attempt()
    world.redeliver(world.key)
    world.attempt()
    assert world.task.delivery.state is DeliveryState.DELIVERED


def test_what_has_no_result_cannot_be_delivered(world: World) -> None:
    with pytest.raises(NotInThisState, match="still pending"):
        world.redeliver(world.key)
    world.cancel(world.key)
    with pytest.raises(NotInThisState, match="no result"):
        world.redeliver(world.key)


def test_what_is_being_delivered_is_not_delivered_twice(world: World) -> None:
    world.read()
    world.tasks.update(world.task, lambda t: t.delivery_claimed(LEASE, START))
    with pytest.raises(NotInThisState, match="at this moment"):
        world.redeliver(world.key)


def test_redeliveries_have_an_end(world: World) -> None:
    world.read()
    many = tuple(Attempt(at=START + n * HOUR, status=500, latency_ms=1) for n in range(100))
    world.tasks.save(replace(world.task, delivery=replace(world.task.delivery, attempts=many)))
    with pytest.raises(NotInThisState, match="100 attempts are on record"):
        world.redeliver(world.key)


def test_a_redelivery_that_cannot_be_sent_is_due(world: World) -> None:
    world.read()
    world.attempt()
    world.results.broken = {"send"}
    world.redeliver(world.key)
    assert world.tasks.due(START, 9) == [world.key]


def test_a_result_has_a_link_once_it_is_there(world: World) -> None:
    with pytest.raises(NotInThisState, match="pending"):
        world.status.result_link(world.key)
    world.read()
    assert f"/{world.task.outcome_key}?" in world.status.result_link(world.key)


@pytest.mark.parametrize("act", ["cancel", "redeliver", "status"])
def test_another_clients_task_is_not_found(world: World, act: str) -> None:
    with pytest.raises(NotFound):
        getattr(world, act)(TaskKey("another", world.key.task_id))


@pytest.mark.parametrize("act", ["cancel", "redeliver", "status"])
def test_an_expired_task_is_not_found(world: World, act: str) -> None:
    world.clock.advance(days=31)
    with pytest.raises(NotFound):
        getattr(world, act)(world.key)


@pytest.mark.parametrize("act", ["cancel", "redeliver", "status"])
def test_an_outage_is_told(world: World, act: str) -> None:
    world.tasks.broken = {"get"}
    with pytest.raises(Unavailable):
        getattr(world, act)(world.key)
