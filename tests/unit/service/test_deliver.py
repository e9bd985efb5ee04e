"""Delivering callbacks: the same bytes, on a schedule, with every attempt on record."""

import contextlib
from datetime import timedelta

import pytest
from standardwebhooks import Webhook

from service.deliver import Deliver
from service.errors import Unavailable
from service.messages import InferenceResult
from service.ports import Answer
from service.signatures import Signer
from service.task import Delivery, DeliveryState, Lease, LeaseHeld, Task
from service.webhook_secrets import WebhookSecrets, new_secret
from tests.builders import CALLBACK_URL, a_task
from tests.fakes import (
    START,
    FakeClock,
    FakeCourier,
    MemoryClientStore,
    MemoryFilmStore,
    MemoryQueue,
    MemoryTaskStore,
)

BODY = b'{"taskId":"x"}'
SECRET = new_secret()
FAILED = Answer(status=500, latency_ms=20, head="oops")


def a_secret() -> WebhookSecrets:
    return WebhookSecrets(client="local").rotated(SECRET, START, timedelta())


@pytest.fixture
def deliver() -> Deliver:
    return Deliver(
        tasks=MemoryTaskStore(),
        films=MemoryFilmStore(),
        results=MemoryQueue(),
        courier=FakeCourier(),
        signer=Signer(MemoryClientStore(a_secret())),
        clock=FakeClock(),
        schedule=tuple(timedelta(seconds=s) for s in (0, 5, 7200)),
    )


@pytest.fixture
def task(deliver: Deliver) -> Task:
    lease = Lease(holder="reader", until=START + timedelta(seconds=60))
    task = a_task().claimed(lease, START).finished(1, "outcomes/x/1.json", None, START)
    deliver.films.put_outcome("outcomes/x/1.json", BODY)
    deliver.tasks.add(task)
    return task


def attempt(deliver: Deliver, task: Task) -> Delivery:
    deliver(InferenceResult.about(task.key), timedelta(seconds=45))
    stored = deliver.tasks.get(task.key)
    assert stored is not None
    return stored.delivery


def test_a_callback_is_posted_and_recorded(deliver: Deliver, task: Task) -> None:
    delivery = attempt(deliver, task)
    [(url, body, headers)] = deliver.courier.posts
    assert (url, body) == (CALLBACK_URL, BODY)
    assert headers["User-Agent"].startswith("Xray-Inference-Service/")
    assert headers["webhook-id"] == task.task_id
    assert delivery.state is DeliveryState.DELIVERED
    assert [(a.status, a.latency_ms, a.error) for a in delivery.attempts] == [(200, 7, None)]


def test_every_attempt_is_signed_at_its_own_time(deliver: Deliver, task: Task) -> None:
    deliver.courier.answers = [FAILED]
    attempt(deliver, task)
    deliver.clock.advance(hours=3)
    attempt(deliver, task)
    for (_, body, headers), at in zip(
        deliver.courier.posts, (START, deliver.clock.now()), strict=True
    ):
        assert headers["webhook-timestamp"] == str(int(at.timestamp()))
        signed = Webhook(SECRET).sign(task.task_id, at, body.decode())
        assert headers["webhook-signature"] == signed
    assert len({headers["webhook-signature"] for *_, headers in deliver.courier.posts}) == 2


def test_secrets_that_cannot_be_read_send_the_message_back(deliver: Deliver, task: Task) -> None:
    deliver.signer.secrets.broken = {"get"}
    with pytest.raises(Unavailable):
        attempt(deliver, task)
    assert not deliver.courier.posts


def test_a_delivered_callback_is_not_posted_again(deliver: Deliver, task: Task) -> None:
    attempt(deliver, task)
    attempt(deliver, task)
    assert len(deliver.courier.posts) == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (FAILED, "answered 500"),
        (Answer(status=302, latency_ms=3), "answered 302; redirects are not followed"),
        (Answer(status=None, latency_ms=30000, error="timed out"), "timed out"),
    ],
)
def test_a_failed_attempt_comes_again_after_its_gap(
    deliver: Deliver, task: Task, answer: Answer, error: str
) -> None:
    deliver.courier.answers = [answer]
    delivery = attempt(deliver, task)
    assert (delivery.state, delivery.attempts[0].error) == (DeliveryState.WAITING, error)
    [(message, delay)] = deliver.results.sent
    assert message == InferenceResult.about(task.key)
    assert timedelta(seconds=5) < delay <= timedelta(seconds=7)
    assert delivery.next_attempt_at is not None
    latency = timedelta(milliseconds=answer.latency_ms)
    assert (
        timedelta(seconds=5) <= delivery.next_attempt_at - START - latency <= timedelta(seconds=6)
    )


def test_a_receiver_that_is_gone_is_not_tried_again(deliver: Deliver, task: Task) -> None:
    deliver.courier.answers = [Answer(status=410, latency_ms=3)]
    delivery = attempt(deliver, task)
    assert (delivery.state, len(delivery.attempts)) == (DeliveryState.EXHAUSTED, 1)
    assert delivery.attempts[0].error == "answered 410; not tried again"
    assert deliver.results.sent == []
    assert deliver.tasks.due(START + timedelta(days=30), 10) == []


@pytest.mark.parametrize(
    ("status", "asked_s", "waits_s"),
    [
        (429, 60, 60),
        (503, 60, 60),
        (502, 60, 60),
        (504, 60, 60),
        (429, 0, 5),  # never shorter than our own gap
        (503, 10**8, 86400),  # and never longer than a day
        (500, 60, 5),  # means nothing by the contract
        (302, 60, 5),
    ],
)
def test_a_receiver_may_ask_to_be_left_alone_for_a_while(
    deliver: Deliver, task: Task, status: int, asked_s: int, waits_s: int
) -> None:
    asked = timedelta(seconds=asked_s)
    deliver.courier.answers = [Answer(status=status, latency_ms=0, retry_after=asked)]
    delivery = attempt(deliver, task)
    assert delivery.next_attempt_at is not None
    wait = delivery.next_attempt_at - START
    assert timedelta(seconds=waits_s) <= wait <= timedelta(seconds=waits_s) * 1.1
    assert len(deliver.results.sent) == (wait <= timedelta(minutes=15))


def test_an_early_message_makes_no_attempt(deliver: Deliver, task: Task) -> None:
    deliver.courier.answers = [FAILED]
    attempt(deliver, task)
    attempt(deliver, task)
    assert len(deliver.courier.posts) == 1


def test_every_attempt_sends_the_same_bytes_until_all_are_spent(
    deliver: Deliver, task: Task
) -> None:
    deliver.courier.answers = [FAILED]
    for _ in range(5):
        delivery = attempt(deliver, task)
        deliver.clock.advance(hours=3)
    assert delivery.state is DeliveryState.EXHAUSTED
    assert [body for _, body, _ in deliver.courier.posts] == [BODY] * 3
    assert [a.answer for a in delivery.attempts] == ["oops"] * 3
    assert deliver.tasks.due(deliver.clock.now(), 10) == []


def test_a_long_gap_is_left_to_the_sweeper(deliver: Deliver, task: Task) -> None:
    deliver.courier.answers = [FAILED]
    attempt(deliver, task)
    deliver.clock.advance(seconds=10)
    deliver.results.sent.clear()
    delivery = attempt(deliver, task)
    assert deliver.results.sent == []
    assert delivery.next_attempt_at is not None
    assert deliver.tasks.due(delivery.next_attempt_at, 10) == [task.key]


def test_a_live_foreign_delivery_sends_the_message_back(deliver: Deliver, task: Task) -> None:
    other = Lease(holder="other", until=START + timedelta(seconds=50))
    deliver.tasks.update(task, lambda t: t.delivery_claimed(other, START))
    with pytest.raises(LeaseHeld):
        attempt(deliver, task)
    assert not deliver.courier.posts


def test_an_unrecorded_post_is_made_again(deliver: Deliver, task: Task) -> None:
    class Killed(FakeCourier):
        def post(self, *args: object) -> Answer:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        attempt(deliver._replace(courier=Killed()), task)
    deliver.clock.advance(seconds=51)
    assert attempt(deliver, task).state is DeliveryState.DELIVERED


def test_a_post_that_ends_its_process_every_time_is_exhausted_too(
    deliver: Deliver, task: Task
) -> None:
    class Deadly(FakeCourier):
        def post(self, *args: object) -> Answer:
            super().post(*args)
            raise KeyboardInterrupt

    courier = Deadly()
    deadly = deliver._replace(courier=courier)
    for _ in range(6):
        with contextlib.suppress(KeyboardInterrupt):
            attempt(deadly, task)
        deliver.clock.advance(seconds=51)
    stored = deliver.tasks.get(task.key)
    assert stored is not None
    assert stored.delivery.state is DeliveryState.EXHAUSTED
    assert len(courier.posts) == len(stored.delivery.attempts) == 3
    assert stored.due_at is None


def test_a_retry_that_cannot_be_sent_is_due(deliver: Deliver, task: Task) -> None:
    deliver.courier.answers = [FAILED]
    deliver.results.broken = {"send"}
    delivery = attempt(deliver, task)
    assert delivery.next_attempt_at is not None
    assert deliver.tasks.due(delivery.next_attempt_at, 10) == [task.key]


def test_an_outage_sends_the_message_back(deliver: Deliver, task: Task) -> None:
    deliver.films.broken = {"get_outcome"}
    with pytest.raises(Unavailable):
        attempt(deliver, task)
    assert not deliver.courier.posts


def test_an_expired_result_is_a_failed_attempt(deliver: Deliver, task: Task) -> None:
    deliver.films.objects.clear()
    assert attempt(deliver, task).attempts[0].error == "the stored result has expired"
    assert not deliver.courier.posts
