"""The handlers behind the queues, and the sweeper's."""

import io
import json
from datetime import timedelta

import msgspec
import pytest
from aws_lambda_powertools import Logger

from pipelines.base import Pipeline, Report
from pipelines.errors import FilmUnreadable
from pipelines.registry import TaskType
from service.adapters.reader import PipelineReader
from service.bootstrap.infer import build_infer
from service.messages import InferenceJob
from service.ports import Answer
from service.task import DeliveryState, Lease, TaskKey, TaskStatus
from tests.builders import JPEG, a_task, new_id
from tests.fakes import START, FakeCourier
from tests.lambda_events import CONTEXT, KEY, event


class Plain(Pipeline):
    """A pipeline of no particular kind."""

    def setup(self, models) -> None:
        self.ready = True

    def run(self, film, options) -> Report:
        return Report(data={"bytes": len(film)}, models={"plain": "1"})


class PlainType(TaskType):
    def load(self) -> Pipeline:
        return Plain()


@pytest.fixture
def task(stack):
    task = a_task(task_id=KEY.task_id)
    stack.films.put_film(task.film_key, JPEG, "image/jpeg")
    stack.tasks.add(task)
    return task


@pytest.fixture
def infer(load, tmp_path):
    app = load("infer")
    reader = PipelineReader({"ceph": PlainType("ceph", "")}, lambda: tmp_path)
    app.infer = lambda: build_infer(reader)
    return lambda name: app.handler(event(name), CONTEXT)


@pytest.fixture
def deliver(load):
    app = load("callback")
    courier = FakeCourier()
    original = app.deliver
    app.deliver = lambda: original()._replace(courier=courier)
    return courier, lambda name: app.handler(event(name), CONTEXT)


def test_a_film_is_read(infer, stack, task) -> None:
    assert infer("infer/film") == {"batchItemFailures": []}
    done = stack.tasks.get(KEY)
    assert done.status is TaskStatus.COMPLETED
    assert json.loads(stack.films.get_outcome(done.outcome_key)) == {
        "taskId": KEY.task_id,
        "data": {"bytes": len(JPEG)},
        "error": None,
        "models": {"plain": "1"},
        "provider": None,
        "artefacts": [],
        "resultUrl": None,
    }
    assert stack.sent("results") == [{"client": "local", "task_id": KEY.task_id}]


def test_a_repeated_message_is_done_with(infer, stack, task) -> None:
    assert infer("infer/film_twice") == {"batchItemFailures": []}
    assert len(stack.sent("results")) == 1


def test_a_message_about_nothing_is_done_with(infer, stack) -> None:
    assert infer("infer/unknown_task") == {"batchItemFailures": []}


def test_one_bad_message_costs_the_other_nothing(infer, stack, task) -> None:
    failed = infer("infer/malformed_and_good")["batchItemFailures"]
    assert failed == [{"itemIdentifier": "00000000-0000-4000-8000-000000000001"}]
    assert stack.tasks.get(KEY).status is TaskStatus.COMPLETED


class Hurried:
    """A pipeline, and the context whose time goes by while it reads."""

    aws_request_id = CONTEXT.aws_request_id
    reads_together = False

    def __init__(self, film_ms: int) -> None:
        self.left = 120_000
        self.film_ms = film_ms

    def run(self, film: bytes, options) -> Report:
        self.left -= self.film_ms
        if film == b"spoilt":
            raise FilmUnreadable("spoilt")
        return Report(data={}, models={})

    def get_remaining_time_in_millis(self) -> int:
        return self.left


def batch_of(stack, films: list[bytes]) -> tuple[dict, list[TaskKey]]:
    """An event with a message for each film."""
    whole = event("infer/film")
    [record] = whole["Records"]
    whole["Records"] = []
    keys = []
    for film in films:
        task = a_task(task_id=new_id())
        stack.films.put_film(task.film_key, film, "image/jpeg")
        stack.tasks.add(task)
        keys.append(task.key)
        body = msgspec.json.encode(InferenceJob.about(task.key)).decode()
        whole["Records"].append(record | {"messageId": task.task_id, "body": body})
    return whole, keys


def infer_batch(load, stack, films: list[bytes], hurried) -> tuple[list[int], list[TaskStatus]]:
    """Which messages come again, and how each film stands."""
    app = load("infer")
    app.reader()._loaded["ceph"] = hurried
    whole, keys = batch_of(stack, films)
    failures = app.handler(whole, hurried)["batchItemFailures"]
    again = [keys.index(TaskKey("local", failure["itemIdentifier"])) for failure in failures]
    return again, [stack.tasks.get(key).status for key in keys]


def test_each_film_of_a_batch_has_an_outcome_of_its_own(load, stack) -> None:
    again, statuses = infer_batch(load, stack, [JPEG, b"spoilt", JPEG], Hurried(film_ms=1000))
    assert again == []
    assert statuses == [TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.COMPLETED]


class Together(Pipeline):
    """A pipeline that reads films together; ``killer`` ends whoever reads it."""

    reads_together = True

    def __init__(self) -> None:
        self.batches: list[int] = []

    def setup(self, models) -> None:
        pass

    def run(self, film, options) -> Report:
        if film == b"killer":
            raise KeyboardInterrupt
        if film == b"spoilt":
            raise FilmUnreadable("spoilt")
        return Report(data={}, models={})

    def run_batch(self, films):
        self.batches.append(len(films))
        return super().run_batch(films)


def test_films_are_read_as_one_batch_and_every_line_of_the_log_says_about_which(
    load, stack, monkeypatch
) -> None:
    app = load("infer")
    app.reader()._loaded["ceph"] = pipeline = Together()
    whole, keys = batch_of(stack, [JPEG, b"spoilt", JPEG])
    stack.tasks.update(stack.tasks.get(keys[2]), lambda t: t.cancelled(START))
    whole["Records"].append(whole["Records"][0] | {"messageId": "bad", "body": "{}"})
    stream = io.StringIO()
    monkeypatch.setattr(Logger().registered_handler, "stream", stream)
    assert app.handler(whole, CONTEXT) == {"batchItemFailures": [{"itemIdentifier": "bad"}]}
    assert pipeline.batches == [2]
    assert [stack.tasks.get(key).status for key in keys] == [
        TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.CANCELLED,
    ]  # fmt: skip
    lines = [json.loads(line) for line in stream.getvalue().splitlines()]
    told = {line["message"]: line.get("task_id") for line in lines}
    assert told["film completed"] == keys[0].task_id
    assert told["film failed: 12002 spoilt"] == keys[1].task_id
    assert told["nothing to read: already cancelled"] == keys[2].task_id
    assert told["message failed: ValidationError "] is None


def test_a_process_that_a_film_of_a_batch_ends_loses_none_of_the_others(
    load, stack, monkeypatch
) -> None:
    app = load("infer")
    app.reader()._loaded["ceph"] = pipeline = Together()
    whole, keys = batch_of(stack, [JPEG, b"killer", JPEG])
    clock = app.infer().clock
    late = [0]
    monkeypatch.setattr(type(clock), "now", lambda _: START + timedelta(seconds=130 * late[0]))
    kills = 0
    while not all(stack.tasks.get(key).status.final for key in keys):
        try:
            assert app.handler(whole, CONTEXT) == {"batchItemFailures": []}
        except KeyboardInterrupt:
            kills += 1
            late[0] += 1  # the leases are over
    assert [stack.tasks.get(key).status for key in keys] == [
        TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.COMPLETED,
    ]  # fmt: skip
    assert stack.tasks.get(keys[1]).error.code == 12005
    assert (kills, pipeline.batches) == (3, [3])


def test_a_film_for_which_no_time_is_left_is_not_begun(load, stack) -> None:
    again, statuses = infer_batch(load, stack, [JPEG] * 3, Hurried(film_ms=45_000))
    assert again == [2]  # 30 s are left, and its share is 40
    assert statuses == [TaskStatus.COMPLETED, TaskStatus.COMPLETED, TaskStatus.PENDING]


def test_a_film_alone_is_begun_whatever_time_is_left(load, stack) -> None:
    again, statuses = infer_batch(load, stack, [JPEG], Hurried(film_ms=119_000))
    assert (again, statuses) == ([], [TaskStatus.COMPLETED])


def test_a_foreign_lease_reports_the_item_failed(infer, stack, task, load) -> None:
    now = load("infer").build_infer(None).clock.now()
    lease = Lease(holder="other", until=now + timedelta(minutes=2))
    stack.tasks.update(task, lambda t: t.claimed(lease, now))
    assert len(infer("infer/film")["batchItemFailures"]) == 1


def test_a_table_that_is_down_reports_the_item_failed_and_says_why(
    infer, stack, task, caplog
) -> None:
    stack.delete_table()
    assert len(infer("infer/film")["batchItemFailures"]) == 1
    assert "Unavailable table: ResourceNotFoundException" in caplog.text


def test_a_missing_model_is_a_recorded_failure(load, stack, task, monkeypatch, tmp_path) -> None:
    monkeypatch.setenv("PIPELINE_MODELS", str(tmp_path))
    app = load("infer")
    assert app.handler(event("infer/film"), CONTEXT) == {"batchItemFailures": []}
    assert stack.tasks.get(KEY).error.code == 12004


def test_a_callback_is_delivered_once(deliver, infer, stack, task) -> None:
    courier, call = deliver
    infer("infer/film")
    assert call("callback/result_twice") == {"batchItemFailures": []}
    assert len(courier.posts) == 1
    assert stack.tasks.get(KEY).delivery.state is DeliveryState.DELIVERED


def test_a_failed_delivery_is_no_failed_message(deliver, infer, stack, task) -> None:
    courier, call = deliver
    courier.answers = [Answer(status=500, latency_ms=1)]
    infer("infer/film")
    assert call("callback/result") == {"batchItemFailures": []}
    assert stack.tasks.get(KEY).delivery.state is DeliveryState.WAITING


def test_a_malformed_result_reports_the_item_failed(deliver) -> None:
    assert len(deliver[1]("callback/malformed")["batchItemFailures"]) == 1


def test_the_sweeper_sends_what_is_due(load, stack) -> None:
    stack.tasks.add(due := a_task(due_at=START))
    stack.tasks.add(a_task(due_at=START + timedelta(days=36500)))
    app = load("recover")
    assert app.handler(event("recover/schedule"), CONTEXT) == {"sent": 1}
    assert stack.sent("tasks") == [{"client": "local", "task_id": due.task_id}]
    assert app.handler(event("recover/schedule"), CONTEXT) == {"sent": 0}


def test_a_dead_letter_of_a_task_counts_as_a_lost_reader_and_the_last_one_ends_it(
    load, stack, task
) -> None:
    app = load("recover")
    for lost in (1, 2):
        assert app.handler(event("recover/task_letter"), CONTEXT) == {"batchItemFailures": []}
        assert stack.tasks.get(KEY).abandoned == lost
        assert app.handler(event("recover/schedule"), CONTEXT) == {"sent": 1}
        stack.sent("tasks")
    app.handler(event("recover/task_letter"), CONTEXT)
    ended = stack.tasks.get(KEY)
    assert (ended.status, ended.error.code) == (TaskStatus.FAILED, 12005)
    assert json.loads(stack.films.get_outcome(ended.outcome_key))["error"]["code"] == 12005
    assert stack.sent("results") == [{"client": "local", "task_id": KEY.task_id}]


def test_a_dead_letter_of_a_result_is_an_attempt_on_record(load, infer, stack, task) -> None:
    infer("infer/film")
    app = load("recover")
    assert app.handler(event("recover/result_letter"), CONTEXT) == {"batchItemFailures": []}
    [attempt] = stack.tasks.get(KEY).delivery.attempts
    assert attempt.error == "the service itself failed to send it"


def test_a_trial_is_answered_and_nothing_is_recorded(load, stack, monkeypatch) -> None:
    app = load("callback")
    courier = FakeCourier([Answer(status=503, latency_ms=4, head="later")])
    original = app.make_trial
    app.make_trial = lambda: original()._replace(courier=courier)
    answer = app.handler(event("callback/trial"), CONTEXT)
    assert (answer["status"], answer["error"], answer["answer"]) == (503, "answered 503", "later")
    [(url, _, headers)] = courier.posts
    assert (url, headers["webhook-id"]) == ("https://clinic.example/callback", KEY.task_id)
    assert stack.tasks.get(KEY) is None
    assert stack.sent("results") == []
