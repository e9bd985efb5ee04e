"""The receiver keeps what comes and answers as it is told."""

import time

import pytest
import requests

from xray.receiver import Answer, Receiver


def test_what_came_is_kept() -> None:
    with Receiver() as receiver:
        requests.post(receiver.url("/a"), json={"x": 1}, headers={"Webhook-Id": "7"}, timeout=5)
        (received,) = receiver.wait("/a")

    assert (received.method, received.path, received.json()) == ("POST", "/a", {"x": 1})
    assert received.headers["Webhook-Id"] == "7"


def test_a_script_is_followed_and_its_last_answer_stays() -> None:
    with Receiver() as receiver:
        receiver.answer("/a", Answer(503, headers={"Retry-After": "1"}), Answer(204))
        answers = [requests.get(receiver.url("/a"), timeout=5) for _ in range(3)]

    assert [answer.status_code for answer in answers] == [503, 204, 204]
    assert answers[0].headers["Retry-After"] == "1"


def test_a_connection_can_be_broken_off() -> None:
    with Receiver() as receiver:
        receiver.answer("/", Answer(status=0))
        with pytest.raises(requests.ConnectionError):
            requests.post(receiver.url(), timeout=5)
        assert len(receiver.received) == 1


def test_an_answer_can_be_late_and_does_not_hold_up_the_end() -> None:
    with Receiver() as receiver:
        receiver.answer("/", Answer(delay_s=60))
        with pytest.raises(requests.Timeout):
            requests.post(receiver.url(), timeout=0.2)
        began = time.monotonic()

    assert time.monotonic() - began < 5


def test_waiting_in_vain_says_how_many_came() -> None:
    with Receiver() as receiver:
        requests.get(receiver.url("/other"), timeout=5)
        with pytest.raises(TimeoutError, match="0 of 1"):
            receiver.wait("/a", timeout_s=0.05)
