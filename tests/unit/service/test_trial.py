"""Test callbacks: asked for here, made where there are the rights to."""

import json
from datetime import timedelta

import msgspec
import pytest
from standardwebhooks import Webhook

from service.addresses import AddressPolicy
from service.caller import Caller
from service.errors import AddressNotAllowed, InvalidRequest, TooManyRequests
from service.make_trial import MakeTrial
from service.ports import Answer
from service.signatures import Signer
from service.task import Attempt
from service.trial import AskForTrial, TrialRequest
from service.trial_order import TrialOrder
from service.validation import validated_json
from service.webhook_secrets import WebhookSecrets, new_secret
from tests.builders import CALLBACK_URL, an_admission, new_id
from tests.fakes import START, FakeClock, FakeCourier, MemoryClientStore

CLINIC = Caller("clinic")
SECRET = new_secret()


class FakeTrials:
    def __init__(self) -> None:
        self.orders: list[TrialOrder] = []
        self.attempt = Attempt(at=START, status=204, latency_ms=7)

    def make(self, order: TrialOrder) -> Attempt:
        self.orders.append(order)
        return self.attempt


@pytest.fixture
def ask() -> AskForTrial:
    return AskForTrial(an_admission(tasks_per_minute=100), AddressPolicy(), FakeTrials())


@pytest.fixture
def make() -> MakeTrial:
    held = WebhookSecrets(client="clinic").rotated(SECRET, START, timedelta())
    return MakeTrial(FakeCourier(), Signer(MemoryClientStore(held)), FakeClock())


def test_what_came_of_it_is_told(ask: AskForTrial) -> None:
    outcome = ask(CLINIC, CALLBACK_URL)
    [order] = ask.trials.orders
    assert (order.client, order.callback_url) == ("clinic", CALLBACK_URL)
    assert msgspec.to_builtins(outcome) == {
        "taskId": order.task_id,
        "delivered": True,
        "at": "2026-01-02T03:04:05.000Z",
        "status": 204,
        "latencyMs": 7,
        "error": None,
        "answer": "",
    }


def test_a_receiver_that_fails_is_no_error_of_ours(ask: AskForTrial) -> None:
    ask.trials.attempt = Attempt(
        at=START, status=500, latency_ms=3, error="answered 500", answer="no such hook"
    )
    outcome = ask(CLINIC, CALLBACK_URL)
    assert (outcome.delivered, outcome.status, outcome.answer) == (False, 500, "no such hook")


@pytest.mark.parametrize("url", ["http://clinic.example/", "https://10.0.0.1/", "x", "https://"])
def test_an_address_that_may_not_be_called_is_not_tried(ask: AskForTrial, url: str) -> None:
    with pytest.raises(AddressNotAllowed):
        ask(CLINIC, url)
    assert ask.trials.orders == []
    assert ask.admission.counters.counts == {}


def test_trials_are_bounded(ask: AskForTrial) -> None:
    for _ in range(10):
        ask(CLINIC, CALLBACK_URL)
    with pytest.raises(TooManyRequests):
        ask(CLINIC, CALLBACK_URL)
    assert len(ask.trials.orders) == 10


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"callbackUrl": 3}', b'{"url": "x"}'])
def test_what_is_no_request_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidRequest):
        validated_json(body, TrialRequest)


def test_a_trial_is_signed_like_any_callback(make: MakeTrial) -> None:
    order = TrialOrder(client="clinic", task_id=new_id(), callback_url=CALLBACK_URL)
    attempt = make(order)
    [(url, body, headers)] = make.courier.posts
    assert url == CALLBACK_URL
    signed = Webhook(SECRET).sign(order.task_id, START, body.decode())
    assert (headers["webhook-id"], headers["webhook-signature"]) == (order.task_id, signed)
    report = json.loads(body)
    assert (report["taskId"], report["data"], report["error"]) == (
        order.task_id,
        {"test": True},
        None,
    )
    assert (attempt.status, attempt.error) == (200, None)


def test_a_redirect_is_told_and_not_followed(make: MakeTrial) -> None:
    make.courier.answers = [Answer(status=302, latency_ms=1)]
    order = TrialOrder(client="clinic", task_id=new_id(), callback_url=CALLBACK_URL)
    assert make(order).error == "answered 302; redirects are not followed"
