"""Processes are killed from outside at the worst moments, and the films come back."""

import contextlib
import json
import time
from collections.abc import Callable

import pytest
import requests
from typer.testing import CliRunner

from tests.builders import new_id
from tests.service import Service
from xray.cli import app
from xray.faults.proxy import Call


def stores_an_outcome(call: Call) -> bool:
    """Infer has read the film, and nothing of it is stored."""
    return call.method == "PUT" and "/outcomes/" in call.path


def sends_the_task(task_id: str) -> Callable[[Call], bool]:
    """Submit has written the record, and no message tells of it."""
    return lambda call: (
        call.target.endswith("SendMessage")
        and b"TaskQueue" in call.body
        and task_id.encode() in call.body
    )


def records_the_outcome(task_id: str) -> Callable[[Call], bool]:
    """Infer has stored the outcome, and the record does not know."""
    return lambda call: (
        call.target.endswith("PutItem")
        and task_id.encode() in call.body
        and (b'"completed"' in call.body)
    )


def test_a_reader_killed_in_the_middle_of_a_film(service: Service, film) -> None:
    service.proxy.kill_at(stores_an_outcome)
    task_id = service.accepted(film)
    assert service.proxy.killed.wait(30)
    assert service.task(task_id).json()["status"] == "processing"

    body = json.loads(service.callback(task_id, sweeping=True).body)
    assert body["error"] is None
    record = service.record(task_id)
    assert (record["fence"], record["abandoned"]) == (2, 1)
    assert len(set(service.posts(task_id))) == 1


def test_a_reader_killed_between_outcome_and_record(service: Service, film) -> None:
    task_id = new_id()
    service.proxy.kill_at(records_the_outcome(task_id))
    service.accepted(film, task_id=task_id)
    assert service.proxy.killed.wait(30)
    body = json.loads(service.callback(task_id, sweeping=True).body)
    assert body["error"] is None
    assert service.record(task_id)["fence"] == 2


def test_a_submit_killed_between_record_and_message(service: Service, film) -> None:
    task_id = new_id()
    service.proxy.kill_at(sends_the_task(task_id))
    fields = service.fields(task_id)
    try:
        answer = service.post(fields, film)
    except requests.RequestException:
        pass
    else:
        assert answer.status_code >= 500  # nobody was there to say 202
    assert service.proxy.killed.is_set()
    assert service.task(task_id).json()["status"] == "pending"

    body = json.loads(service.callback(task_id, sweeping=True).body)
    assert body["error"] is None
    assert len(service.posts(task_id)) == 1


@pytest.fixture
def unsent(service: Service, film: bytes) -> str:
    """A task whose record is written and whose message was never sent."""
    task_id = new_id()
    service.proxy.kill_at(sends_the_task(task_id))
    with contextlib.suppress(requests.RequestException):
        service.post(service.fields(task_id), film)
    assert service.proxy.killed.is_set()
    return task_id


def test_redrive_sends_what_is_not_final(service: Service, unsent, monkeypatch) -> None:
    for name, value in service.cloud.environment.items():
        monkeypatch.setenv(name, value)
    done = CliRunner().invoke(app, ["redrive"])
    assert done.exit_code == 0, done.output
    assert json.loads(service.callback(unsent).body)["error"] is None
    assert len(service.posts(unsent)) == 1


def test_dead_letters_end_in_an_error_callback(service: Service, unsent) -> None:
    letter = json.dumps({"client": "local", "task_id": unsent})
    service.cloud.client("sqs").send_message_batch(
        QueueUrl=service.cloud.outputs["TaskDeadLettersUrl"],
        Entries=[{"Id": str(n), "MessageBody": letter} for n in range(2)],  # MaxReads
    )
    body = json.loads(service.callback(unsent, sweeping=False).body)
    assert (body["data"], body["error"]["code"]) == (None, 12005)
    task = service.wait_for(unsent, lambda task: task["callback"]["state"] == "delivered")
    assert task["status"] == "failed"
    assert service.keys(f"films/local/{unsent}") == []


def test_a_messenger_killed_between_post_and_record(service: Service, film) -> None:
    task_id = new_id()
    service.proxy.kill_at(
        lambda call: (
            call.target.endswith("PutItem")
            and task_id.encode() in call.body
            and b'"delivered"' in call.body
        )
    )
    service.accepted(film, task_id=task_id)
    first = service.callback(task_id)
    assert service.proxy.killed.wait(30)
    service.wait_for(
        task_id,
        lambda task: task["callback"]["state"] == "delivered",
        sweeping=True,
        seconds=120,
    )
    # At least once: the same bytes under the same id, so that the receiver can tell.
    assert set(service.posts(task_id)) == {first.body}


def test_a_film_that_kills_every_reader_ends_in_12005(service: Service, film) -> None:
    task_id = new_id()

    def kill_the_reader() -> None:
        service.proxy.kill_at(
            lambda call: (
                stores_an_outcome(call) and task_id in call.path and b'"error":null' in call.body
            )
        )

    kill_the_reader()
    service.accepted(film, task_id=task_id)
    end = time.monotonic() + 120
    while not service.posts(task_id) and time.monotonic() < end:
        if service.proxy.killed.wait(0.5):
            kill_the_reader()  # the next one too
        service.cloud.sweep()
    body = json.loads(service.callback(task_id).body)
    assert body["error"]["code"] == 12005
    assert service.record(task_id)["abandoned"] == 2  # MAX_READS of this cloud
