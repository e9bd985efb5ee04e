"""Films go out, reports come back; the service is scripted, HTTP is real."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import requests
from standardwebhooks import Webhook

from service.webhook_secrets import new_secret
from xray.client import Client, NoAnswer
from xray.client.transport import Patience
from xray.receiver import Answer, Receiver
from xray.submission import Route, Submission, submit_films

TASK = "0b7e9f64-6f1c-4f7e-9d53-0c8a5e3c1b11"
REPORT: dict[str, Any] = {"taskId": TASK, "data": {"landmarks": []}, "error": None, "models": {}}


def said(document: object, status: int = 200) -> Answer:
    return Answer(status, json.dumps(document).encode())


def task(status: str, state: str = "waiting", **more: Any) -> Answer:
    callback = {"state": state, "attempts": []}
    return said(
        {"taskId": TASK, "status": status, "data": None, "error": None}
        | more
        | {"callback": callback}
    )


@pytest.fixture
def service() -> Iterator[Receiver]:
    with Receiver() as scripted:
        scripted.answer("/api/v1/analyze", said({"taskId": TASK, "status": "accepted"}, 202))
        yield scripted


@pytest.fixture
def route(service: Receiver) -> Iterator[Route]:
    with Receiver() as receiver:
        client = Client(service.url(""), patience=Patience(tries=3, sleep=lambda _: None))
        yield Route(client, "ceph", receiver.url(), receiver)


@pytest.fixture
def film(tmp_path: Path) -> Path:
    path = tmp_path / "film.jpg"
    path.write_bytes(b"a film")
    return path


def run(
    paths: list[Path], route: Route, timeout_s: float = 10
) -> tuple[list[Submission], list[str]]:
    states: list[str] = []
    submissions = submit_films(paths, route, lambda s: states.append(s.state), timeout_s)
    return submissions, states


def test_the_report_is_what_the_callback_brought(
    service: Receiver, route: Route, film: Path
) -> None:
    service.answer(f"/api/v1/task/{TASK}", task("pending"), task("processing"), task("completed"))

    def deliver(submission: Submission) -> None:
        states.append(submission.state)
        if submission.state == "delivering":
            requests.post(route.callback_url, json=REPORT, timeout=5)

    states: list[str] = []
    (submission,) = submit_films([film], route, deliver, 10)

    assert submission.report == REPORT
    assert states == ["accepted", "pending", "processing", "delivering", "done"]
    (posted,) = [r for r in service.received if r.method == "POST"]
    assert b"a film" in posted.body
    assert route.callback_url.encode() in posted.body


def test_a_callback_is_believed_only_if_it_is_signed(
    service: Receiver, route: Route, film: Path
) -> None:
    service.answer(f"/api/v1/task/{TASK}", task("completed"))
    secret, now = new_secret(), datetime.now(UTC)
    forged = json.dumps(REPORT | {"data": {}})
    body = json.dumps(REPORT)
    headers = {"webhook-id": TASK, "webhook-timestamp": str(int(now.timestamp()))}
    signed = headers | {"webhook-signature": Webhook(secret).sign(TASK, now, body)}

    def deliver(submission: Submission) -> None:
        if submission.state == "delivering":
            requests.post(route.callback_url, data=forged, timeout=5)
            requests.post(route.callback_url, data=forged, headers=signed, timeout=5)
            requests.post(route.callback_url, data=body, headers=signed, timeout=5)

    (submission,) = submit_films([film], replace(route, secret=secret), deliver, 10)

    assert submission.report == REPORT


def test_without_a_receiver_the_report_comes_from_the_status(
    service: Receiver, route: Route, film: Path
) -> None:
    service.answer(f"/api/v1/task/{TASK}", task("completed", data={"landmarks": [1]}))

    (submission,), _ = run([film], replace(route, receiver=None))

    assert submission.report == {"taskId": TASK, "data": {"landmarks": [1]}, "error": None}


def test_a_report_of_an_error_fails_its_film(service: Receiver, route: Route, film: Path) -> None:
    error = {"code": 12002, "message": "image cannot be read"}
    service.answer(f"/api/v1/task/{TASK}", task("failed", error=error))

    (submission,), states = run([film], replace(route, receiver=None))

    assert states[-1] == "failed"
    assert submission.error == "image cannot be read (12002)"


def test_one_bad_film_does_not_stop_the_rest(
    service: Receiver, route: Route, film: Path, tmp_path: Path
) -> None:
    service.answer(f"/api/v1/task/{TASK}", task("completed", data={}))

    (missing, good), _ = run([tmp_path / "missing.jpg", film], replace(route, receiver=None))

    assert "No such file" in str(missing.error)
    assert good.error is None


def test_a_refusal_is_told_in_the_services_words(
    service: Receiver, route: Route, film: Path
) -> None:
    refusal = {"code": 10003, "message": "Not supported", "detail": "image: text", "requestId": ""}
    service.answer("/api/v1/analyze", said(refusal, 400))

    (submission,), _ = run([film], route)

    assert submission.error == "Not supported (10003): image: text"


def test_a_callback_that_never_arrives_is_told(service: Receiver, route: Route, film: Path) -> None:
    service.answer(f"/api/v1/task/{TASK}", task("completed", state="exhausted"))

    (submission,), _ = run([film], route)

    assert "was not delivered" in str(submission.error)


def test_waiting_ends(service: Receiver, route: Route, film: Path) -> None:
    service.answer(f"/api/v1/task/{TASK}", task("pending"))

    (submission,), _ = run([film], route, timeout_s=0.3)

    assert "no report after" in str(submission.error)


def test_a_status_that_fails_for_a_moment_does_no_harm(
    service: Receiver, route: Route, film: Path
) -> None:
    busy = said({"code": 10010, "message": "Unavailable", "detail": "", "requestId": ""}, 503)
    service.answer(f"/api/v1/task/{TASK}", busy, busy, task("completed", data={}))

    (submission,), _ = run([film], replace(route, receiver=None))

    assert submission.error is None


@pytest.mark.parametrize(
    ("answer", "text"),
    [
        (Answer(502, b"<html>"), "answers 502, and not in JSON"),
        (Answer(200, b"[]"), "not in JSON"),
        (Answer(status=0), "no connection"),
    ],
)
def test_what_is_no_answer_of_the_service_is_told(
    service: Receiver, answer: Answer, text: str
) -> None:
    service.answer("/api/v1/analyze", answer)

    client = Client(service.url(""), "token", patience=Patience(tries=1))
    with pytest.raises(NoAnswer, match=text):
        client.analyze(b"film", type="ceph", callback_url="http://127.0.0.1:9/")
