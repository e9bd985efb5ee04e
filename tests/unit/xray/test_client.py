"""The client for Python users; the service is scripted, HTTP is real."""

import json
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any

import pytest
from standardwebhooks import Webhook

from service.errors import FailureCode, ServiceError
from service.webhook_secrets import new_secret
from xray import client as package
from xray.client import (
    Client,
    NoAnswer,
    NotGenuine,
    Refused,
    TaskCancelled,
    TaskExists,
    TaskFailed,
    Unavailable,
    verify,
)
from xray.client.client import MOST_BYTES
from xray.client.transport import Patience
from xray.receiver import Answer, Received, Receiver

TASK = "0b7e9f64-6f1c-4f7e-9d53-0c8a5e3c1b11"
ACCEPTED = {"taskId": TASK, "status": "accepted"}
PATH = f"/api/v1/task/{TASK}"


def said(document: object, status: int = 200, **headers: str) -> Answer:
    return Answer(status, json.dumps(document).encode(), headers)


def refused(code: int, status: int, **headers: str) -> Answer:
    document = {"code": code, "message": "No", "detail": "x: why", "requestId": "r"}
    return said(document, status, **headers)


def task(status: str, **more: Any) -> Answer:
    return said({"taskId": TASK, "status": status, "data": None, "error": None} | more)


@pytest.fixture
def service() -> Iterator[Receiver]:
    with Receiver() as scripted:
        scripted.answer("/api/v1/analyze", said(ACCEPTED, 202))
        yield scripted


@pytest.fixture
def waits() -> list[float]:
    return []


@pytest.fixture
def client(service: Receiver, waits: list[float]) -> Client:
    patience = Patience(tries=3, sleep=waits.append)
    return Client(service.url("/"), "a-token", "https://clinic.example/hook", patience)


def posts(service: Receiver) -> list[Received]:
    return [one for one in service.received if one.method == "POST"]


def test_a_film_is_a_report_in_one_line(service: Receiver, client: Client, tmp_path) -> None:
    service.answer(PATH, task("pending"), task("completed", data={"landmarks": []}))
    film = tmp_path / "Doe^Jane.jpg"
    film.write_bytes(b"\xff\xd8\xff a film")

    assert client.analyze(film, type="ceph", pixelSpacing=0.1).wait() == {"landmarks": []}

    [post] = posts(service)
    assert post.headers["Authorization"] == "Bearer a-token"
    for part in (b"a film", b"ceph", b"https://clinic.example/hook", b"pixelSpacing"):
        assert part in post.body
    assert b"Doe" not in post.body


def test_a_post_whose_answer_is_lost_is_made_again_under_its_key(
    service: Receiver, client: Client, waits: list[float]
) -> None:
    service.answer("/api/v1/analyze", Answer(status=0), refused(10010, 503), said(ACCEPTED, 202))
    client.analyze(b"film", type="ceph")
    keys = {post.headers["Idempotency-Key"] for post in posts(service)}
    assert (len(posts(service)), len(keys), len(waits)) == (3, 1, 2)
    client.analyze(b"film", type="ceph")
    assert posts(service)[-1].headers["Idempotency-Key"] not in keys
    client.analyze(b"film", type="ceph", idempotency_key="mine")
    assert posts(service)[-1].headers["Idempotency-Key"] == "mine"


def test_retry_after_is_honoured(service: Receiver, client: Client, waits: list[float]) -> None:
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=30), usegmt=True)
    service.answer(
        "/api/v1/analyze",
        refused(10008, 429, **{"Retry-After": "7"}),
        refused(10008, 429, **{"Retry-After": soon}),
        said(ACCEPTED, 202),
    )
    client.analyze(b"film", type="ceph")
    assert waits[0] == 7
    assert 0 < waits[1] <= 30


def test_patience_ends(service: Receiver, client: Client) -> None:
    service.answer("/api/v1/analyze", refused(10010, 503))
    with pytest.raises(Unavailable, match=r"No \(10010\): x: why"):
        client.analyze(b"film", type="ceph")
    assert len(posts(service)) == 3
    service.answer("/api/v1/analyze", Answer(status=0))
    with pytest.raises(NoAnswer, match="no connection"):
        client.analyze(b"film", type="ceph")


def test_a_refusal_is_not_tried_again(service: Receiver, client: Client) -> None:
    service.answer("/api/v1/analyze", refused(10002, 409))
    with pytest.raises(TaskExists) as error:
        client.analyze(b"film", type="ceph", taskId=TASK)
    assert (error.value.code, error.value.status, error.value.request_id) == (10002, 409, "r")
    assert len(posts(service)) == 1


def test_a_redelivery_is_asked_for_once(service: Receiver, client: Client) -> None:
    service.answer(f"{PATH}/callback", Answer(status=0))
    with pytest.raises(NoAnswer):
        client.task(TASK).redeliver()
    assert len(posts(service)) == 1


def test_a_large_film_is_uploaded_first(service: Receiver, client: Client) -> None:
    form = {"uploadId": TASK, "url": service.url("/store"), "fields": {"key": "k"}}
    service.answer("/api/v1/uploads", said(form, 201))
    service.answer("/store", Answer(204))
    client.analyze(b"\x89PNG\r\n\x1a\n" + bytes(MOST_BYTES), type="pano")
    announced, stored, posted = posts(service)
    assert json.loads(announced.body) == {"contentType": "image/png", "size": MOST_BYTES + 8}
    assert stored.path == "/store"
    assert "Authorization" not in stored.headers
    assert json.loads(posted.body)["uploadId"] == TASK


def test_a_film_elsewhere_is_named_by_its_address(service: Receiver, client: Client) -> None:
    client.analyze(type="ceph", imageUrl="https://clinic.example/17.jpg")
    assert json.loads(posts(service)[0].body) == {
        "imageUrl": "https://clinic.example/17.jpg",
        "taskType": "ceph",
        "callbackUrl": "https://clinic.example/hook",
    }


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (task("failed", error={"code": 12003, "message": "wrong film"}), TaskFailed),
        (task("cancelled"), TaskCancelled),
        (task("pending"), TimeoutError),
        (refused(10006, 404), package.NotFound),
    ],
)
def test_waiting_ends_with_what_happened(
    service: Receiver, client: Client, answer: Answer, error: type[Exception]
) -> None:
    service.answer(PATH, answer)
    with pytest.raises(error):
        client.task(TASK).wait(timeout_s=0.1)


def test_the_result_is_fetched_without_the_token(service: Receiver, client: Client) -> None:
    service.answer(f"{PATH}/result", Answer(302, b"{}", {"Location": service.url("/stored")}))
    service.answer("/stored", said({"taskId": TASK}))
    assert client.task(TASK).result() == {"taskId": TASK}
    assert "Authorization" not in service.received[-1].headers
    service.answer(f"{PATH}/result", refused(10009, 409))
    with pytest.raises(package.NotInThisState):
        client.task(TASK).result()


def test_tasks_are_listed_page_by_page(service: Receiver, client: Client) -> None:
    service.answer("/api/v1/tasks?status=failed", said({"tasks": [1, 2], "cursor": "c"}))
    service.answer("/api/v1/tasks?status=failed&cursor=c", said({"tasks": [3], "cursor": None}))
    assert list(client.tasks("failed")) == [1, 2, 3]


def kinds_of(error: type) -> Iterator[type]:
    for kind in error.__subclasses__():
        yield kind
        yield from kinds_of(kind)


def test_every_error_of_the_service_has_its_class_here() -> None:
    ours = {kind.code for kind in Refused.__subclasses__()}
    assert {error.code for error in kinds_of(ServiceError)} <= ours
    assert set(package.__all__) >= {kind.__name__ for kind in Refused.__subclasses__()}
    assert min(FailureCode) > max(ours)


def test_a_code_that_is_new_is_told_all_the_same(service: Receiver, client: Client) -> None:
    service.answer("/api/v1/analyze", refused(10999, 418))
    with pytest.raises(Refused, match=r"\(10999\)") as error:
        client.analyze(b"film", type="ceph")
    assert error.value.code == 10999


BODY = json.dumps({"taskId": TASK, "data": {}, "error": None}).encode()


def signed(*secrets: str, at: datetime | None = None) -> dict[str, str]:
    moment = at or datetime.now(UTC)
    signatures = [Webhook(secret).sign(TASK, moment, BODY.decode()) for secret in secrets]
    return {
        "Webhook-Id": TASK,
        "Webhook-Timestamp": str(int(moment.timestamp())),
        "Webhook-Signature": " ".join(signatures),
    }


def test_a_callback_is_believed_under_either_secret() -> None:
    old, new = new_secret(), new_secret()
    for headers in (signed(old), signed(new), signed(new, old)):
        assert verify(BODY, headers, [old, new])["taskId"] == TASK
    assert verify(BODY, signed(new, old), old)["data"] == {}


@pytest.mark.parametrize(
    "spoilt",
    [
        {"Webhook-Signature": "v1,AAAA"},
        {"Webhook-Signature": "no signature"},
        {"Webhook-Signature": ""},
        {"Webhook-Timestamp": "0"},
        {"Webhook-Timestamp": "soon"},
        {"Webhook-Id": "another"},
    ],
)
def test_what_is_not_genuine_is_refused(spoilt: dict[str, str]) -> None:
    secret = new_secret()
    with pytest.raises(NotGenuine):
        verify(BODY, signed(secret) | spoilt, secret)


def test_another_body_or_secret_or_time_is_refused() -> None:
    secret = new_secret()
    late = datetime.now(UTC) - timedelta(minutes=6)
    for body, headers, known in (
        (BODY + b" ", signed(secret), secret),
        (b"\xff", signed(secret), secret),
        (BODY, signed(secret), new_secret()),
        (BODY, signed(secret, at=late), secret),
        (BODY, signed(secret), []),
    ):
        with pytest.raises(NotGenuine):
            verify(body, headers, known)


def test_it_needs_nothing_of_the_service() -> None:
    code = (
        "import sys, xray.client;"
        "sys.exit(bool({'service', 'pipelines', 'boto3', 'pydantic', 'typer'} & set(sys.modules)))"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
