"""What the functions log is what the metrics of template.yaml read."""

import io
import json

import pytest
from aws_lambda_powertools import Logger

from pipelines.errors import FilmUnreadable, ModelInvalid
from service.ports import Answer
from tests.builders import JPEG, a_task
from tests.fakes import FakeCourier
from tests.lambda_events import CONTEXT, KEY, event
from tests.metric_filters import matches, metrics_of

TYPE = {"TaskType": "ceph"}


@pytest.fixture
def lines(monkeypatch):
    """Gives the lines that were logged since the last time."""
    stream = io.StringIO()
    # The functions' logger writes to what standard output was when it was first made.
    monkeypatch.setattr(Logger().registered_handler, "stream", stream)

    def taken() -> list[str]:
        text = stream.getvalue()
        stream.seek(0)
        stream.truncate()
        return text.splitlines()

    return taken


@pytest.fixture
def task(stack):
    task = a_task(task_id=KEY.task_id)
    stack.films.put_film(task.film_key, JPEG, "image/jpeg")
    stack.tasks.add(task)
    return task


class FakePipelines:
    def __init__(self, error=None) -> None:
        self.error = error

    def run(self, film, options):
        raise self.error


def read_with(load, error: Exception) -> None:
    app = load("infer")
    app.reader()._loaded["ceph"] = FakePipelines(error)
    app.handler(event("infer/film"), CONTEXT)


def test_every_request_is_counted_and_timed_by_operation(load, lines) -> None:
    submit = load("submit")
    submit.handler(event("submit/analyze"), CONTEXT)
    submit.handler(event("submit/unknown_path"), CONTEXT)
    found = metrics_of(lines())
    operations = [dimensions["Operation"] for _, dimensions in found["RequestSeconds"]]
    assert operations == ["analyze", "none"]
    assert all(0 < seconds < 60 for seconds, _ in found["RequestSeconds"])
    assert [dimensions["Operation"] for _, dimensions in found["Requests"]] == operations
    assert found["FilmsAccepted"] == [(1, TYPE)]


def test_a_film_of_a_batch_is_counted_where_it_is_accepted(load, lines, stack) -> None:
    stack.films.put_film(f"uploads/local/{KEY.task_id}", JPEG, "image/jpeg")
    load("submit").handler(event("submit/batch"), CONTEXT)  # one of its two films is refused
    assert metrics_of(lines())["FilmsAccepted"] == [(1, TYPE)]


@pytest.mark.parametrize(
    ("error", "of_the_reader"),
    [(FilmUnreadable("no film"), False), (ModelInvalid("no model"), True), (KeyError("x"), True)],
)
def test_a_film_that_fails_counts_against_whom_it_is_the_fault_of(
    load, task, lines, error, of_the_reader
) -> None:
    read_with(load, error)
    found = metrics_of(lines())
    assert found["FilmsRead"] == found["InferenceErrors"] == [(1, TYPE)]
    [(seconds, dimensions)] = found["InferenceSeconds"]
    assert seconds >= 0
    assert dimensions == TYPE
    assert ("ReaderErrors" in found) == of_the_reader


def test_a_callback_that_no_attempt_brings_is_counted_once(load, task, lines, monkeypatch) -> None:
    monkeypatch.setenv("CALLBACK_SCHEDULE", "0,0")
    read_with(load, FilmUnreadable("no film"))
    callback = load("callback")
    deliver = callback.deliver()._replace(courier=FakeCourier([Answer(500, 1)]))
    callback.deliver = lambda: deliver
    for expected in (0, 1):
        callback.handler(event("callback/result"), CONTEXT)
        assert len(metrics_of(lines()).get("CallbacksExhausted", [])) == expected


def test_a_film_that_nobody_read_is_counted_when_it_is_sent_again(load, task, lines, stack) -> None:
    load("recover").handler(event("recover/schedule"), CONTEXT)
    assert metrics_of(lines())["FilmsSentAgain"] == [(1, {})]


def test_one_id_leads_from_the_post_to_the_callback(load, lines) -> None:
    load("submit").handler(event("submit/analyze"), CONTEXT)
    read_with(load, FilmUnreadable("no film"))
    callback = load("callback")
    deliver = callback.deliver()._replace(courier=FakeCourier())
    callback.deliver = lambda: deliver
    callback.handler(event("callback/result"), CONTEXT)
    records = [json.loads(line) for line in lines() if line.startswith("{")]
    told = [r["message"] for r in records if r.get("task_id") == KEY.task_id]
    assert [m for m in told if m in {"accepted", "read", "callback delivered"}] == [
        "accepted",
        "read",
        "callback delivered",
    ]


@pytest.mark.parametrize(
    ("pattern", "line", "expected"),
    [
        ('{ $.a = "x" }', {"a": "x"}, True),
        ('{ $.a = "x" }', {}, False),
        ('{ $.a = "x" && $.b > 0 }', {"a": "x", "b": 1}, True),
        ('{ $.a = "x" && $.b > 0 }', {"a": "x", "b": 0}, False),
        ('{ $.a = "x" && ($.b = 1 || $.b = 2) }', {"a": "x", "b": 2}, True),
        ('{ $.a = "x" && ($.b = 1 || $.b = 2) }', {"a": "y", "b": 2}, False),
    ],
)
def test_a_pattern_takes_the_lines_that_it_means(pattern, line, expected) -> None:
    assert matches(pattern, line) is expected
