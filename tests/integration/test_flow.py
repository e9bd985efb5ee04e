"""The handlers one after the other, on whatever cloud ``localstack-client`` reaches.

No function is deployed: the test carries each message from its queue to the next handler. So the
same test runs on the embedded cloud and, by ``AWS_ENDPOINT_URL`` alone, on LocalStack.
"""

import io
import json
import logging
import shutil

import pytest
import requests
from PIL import Image

from pipelines.ceph.synthetic import draw
from tests.builders import new_id
from tests.lambda_events import CONTEXT, analyze, carried, event
from tests.stack import Stack, load_function
from tests.template import ROOT
from xray.receiver import Answer, Receiver


@pytest.fixture
def stack(cloud_client, monkeypatch):
    stack = Stack(cloud_client)
    credentials = dict.fromkeys(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), "test")
    region = {"AWS_DEFAULT_REGION": "us-east-1"}
    endpoint = {"AWS_ENDPOINT_URL": cloud_client("s3").meta.endpoint_url}
    quick = {"CALLBACK_SCHEDULE": "0,1,1"}
    for name, value in (stack.environment | quick | credentials | region | endpoint).items():
        monkeypatch.setenv(name, value)
    return stack


def carried_together(stack: Stack, queue: str, count: int):
    """The event with which so many messages of a queue trigger its function together."""
    whole = event("infer/film")
    [record] = whole["Records"]
    messages = [stack.next_sent(queue) for _ in range(count)]
    whole["Records"] = [
        record | {"messageId": message["task_id"], "body": json.dumps(message)}
        for message in messages
    ]
    return whole


def status(submit, task_id):
    path = f"/api/v1/task/{task_id}"
    return json.loads(submit.handler(event("submit/task") | {"path": path}, CONTEXT)["body"])


def test_a_film_goes_from_hand_to_hand(stack, caplog) -> None:
    caplog.set_level(logging.DEBUG)  # as Lambda sets it where LogLevel is DEBUG
    submit, infer, callback = (load_function(name) for name in ("submit", "infer", "callback"))
    task_id = new_id()
    with Receiver() as receiver:
        url = receiver.url("/hook")
        posted = analyze(draw(seed=3).jpeg(), taskId=task_id, taskType="ceph", callbackUrl=url)
        assert submit.handler(posted, CONTEXT)["statusCode"] == 202
        assert status(submit, task_id)["status"] == "pending"

        assert infer.handler(carried(stack, "tasks"), CONTEXT) == {"batchItemFailures": []}
        assert status(submit, task_id)["status"] == "completed"

        assert callback.handler(carried(stack, "results"), CONTEXT) == {"batchItemFailures": []}
        [received] = receiver.wait("/hook")
    body = json.loads(received.body)
    assert len(body["data"]["landmarks"]) == 19
    assert body["data"] == status(submit, task_id)["data"]
    assert status(submit, task_id)["callback"]["state"] == "delivered"
    assert "/hook" not in caplog.text, "what is sent is logged"
    assert not {record.name.split(".")[0] for record in caplog.records} & {"botocore", "urllib3"}
    kept = [key.split("/") for key in stack.objects()]  # the film itself is gone
    assert sorted((key[0], key[-1]) for key in kept) == [
        ("outcomes", "1.json"),
        ("outcomes", "overlay"),
    ]


def test_a_result_too_large_for_a_callback_is_fetched_by_its_link(stack, monkeypatch) -> None:
    monkeypatch.setenv("CALLBACK_MAX_BYTES", "1000")
    submit, infer, callback = (load_function(name) for name in ("submit", "infer", "callback"))
    task_id = new_id()
    with Receiver() as receiver:
        receiver.answer("/hook", Answer(status=503), Answer(status=200))
        fields = {"taskId": task_id, "taskType": "ceph", "callbackUrl": receiver.url("/hook")}
        submit.handler(analyze(draw(seed=3).jpeg(), **fields), CONTEXT)
        infer.handler(carried(stack, "tasks"), CONTEXT)
        monkeypatch.setenv("CALLBACK_MAX_BYTES", "1000000")  # too late: the bytes are made
        for _ in range(2):
            callback.handler(carried(stack, "results"), CONTEXT)
        first, second = receiver.wait("/hook", count=2)
    assert first.body == second.body
    body = first.json()
    assert (body["data"], body["error"]) == (None, None)
    path = f"/api/v1/task/{task_id}/result"
    assert body["resultUrl"] == f"https://api.example/local{path}"
    answer = submit.handler(event("submit/result") | {"path": path}, CONTEXT)
    assert answer["statusCode"] == 302
    [link] = answer["multiValueHeaders"]["Location"]
    whole = requests.get(link, timeout=10).json()
    assert len(whole["data"]["landmarks"]) == 19
    assert whole["data"] == status(submit, task_id)["data"]


def test_films_of_one_event_are_read_as_one_batch_each_with_its_own_outcome(stack) -> None:
    submit, infer, callback = (load_function(name) for name in ("submit", "infer", "callback"))
    blank = io.BytesIO()
    Image.new("L", (640, 800), 90).save(blank, "PNG")
    films = {
        "good": draw(seed=3).jpeg(),
        "unreadable": b"\xff\xd8\xff no JPEG",
        "wrong kind": blank.getvalue(),
        "cancelled": draw(seed=4).jpeg(),
        "another good one": draw(seed=5).jpeg(),
    }
    ids = {name: new_id() for name in films}
    with Receiver() as receiver:
        for name, film in films.items():
            fields = {"taskId": ids[name], "taskType": "ceph"}
            posted = analyze(film, **fields, callbackUrl=receiver.url("/hook"))
            assert submit.handler(posted, CONTEXT)["statusCode"] == 202
        whole = carried_together(stack, "tasks", len(films))
        cancelled = event("submit/cancel") | {"path": f"/api/v1/task/{ids['cancelled']}"}
        assert submit.handler(cancelled, CONTEXT)["statusCode"] == 200

        pipeline = infer.reader()._pipeline("ceph")
        batches, run_batch = [], pipeline.run_batch
        pipeline.run_batch = lambda films: batches.append(len(films)) or run_batch(films)
        assert infer.handler(whole, CONTEXT) == {"batchItemFailures": []}
        assert batches == [4]

        ended = {name: status(submit, task_id) for name, task_id in ids.items()}
        assert {name: one["status"] for name, one in ended.items()} == {
            "good": "completed",
            "unreadable": "failed",
            "wrong kind": "failed",
            "cancelled": "cancelled",
            "another good one": "completed",
        }
        assert ended["unreadable"]["error"]["code"] == 12002
        assert ended["wrong kind"]["error"]["code"] == 12003
        assert len(ended["good"]["data"]["landmarks"]) == 19
        assert ended["good"]["data"] != ended["another good one"]["data"]

        for _ in range(4):
            callback.handler(carried(stack, "results"), CONTEXT)
        bodies = [received.json() for received in receiver.wait("/hook", count=4)]
    assert {body["taskId"] for body in bodies} == set(ids.values()) - {ids["cancelled"]}
    assert infer.handler(whole, CONTEXT) == {"batchItemFailures": []}  # repeated: nothing is left
    assert batches == [4]


def test_a_lost_message_is_sent_again_by_the_sweeper(stack, monkeypatch) -> None:
    monkeypatch.setenv("UNSENT_GRACE_SECONDS", "0.001")
    monkeypatch.setenv("QUEUE_PATIENCE_SECONDS", "0.001")
    submit, recover = load_function("submit"), load_function("recover")
    task_id = new_id()
    posted = analyze(
        b"\xff\xd8\xff", taskId=task_id, taskType="ceph", callbackUrl="http://a.example"
    )
    submit.handler(posted, CONTEXT)
    assert [message["task_id"] for message in stack.sent("tasks")] == [task_id]  # and lost
    assert recover.handler(event("recover/schedule"), CONTEXT) == {"sent": 1}
    assert [message["task_id"] for message in stack.sent("tasks")] == [task_id]


def test_a_refused_callback_is_tried_again_by_a_delayed_message(stack) -> None:
    submit, infer, callback = (load_function(name) for name in ("submit", "infer", "callback"))
    task_id = new_id()
    with Receiver() as receiver:
        receiver.answer("/hook", Answer(status=503), Answer(status=200))
        fields = {"taskId": task_id, "taskType": "ceph", "callbackUrl": receiver.url("/hook")}
        submit.handler(analyze(b"\xff\xd8\xff no JPEG", **fields), CONTEXT)
        infer.handler(carried(stack, "tasks"), CONTEXT)
        callback.handler(carried(stack, "results"), CONTEXT)
        assert status(submit, task_id)["callback"]["state"] == "waiting"
        callback.handler(carried(stack, "results"), CONTEXT)  # it comes after its gap
        first, second = receiver.wait("/hook", count=2)
    assert first.body == second.body
    attempts = status(submit, task_id)["callback"]["attempts"]
    assert [attempt["status"] for attempt in attempts] == [503, 200]


@pytest.fixture
def own_models(tmp_path, monkeypatch):
    """A folder of models of one's own, named by the environment."""
    shutil.copytree(ROOT / "functions/infer/models", tmp_path / "models")
    monkeypatch.setenv("PIPELINE_MODELS", str(tmp_path / "models"))
    return tmp_path / "models"


def read_by(stack: Stack, film: bytes):
    submit, infer = load_function("submit"), load_function("infer")
    task_id = new_id()
    fields = {"taskId": task_id, "taskType": "ceph", "callbackUrl": "http://127.0.0.1:9/"}
    assert submit.handler(analyze(film, **fields), CONTEXT)["statusCode"] == 202
    infer.handler(carried(stack, "tasks"), CONTEXT)
    return status(submit, task_id)


def test_a_model_of_ones_own_is_served_by_its_manifest_alone(stack, own_models) -> None:
    manifest = own_models / "ceph" / "manifest.json"
    document = json.loads(manifest.read_text())
    manifest.write_text(json.dumps(document | {"version": "my-own-1"}))
    task = read_by(stack, draw(seed=3).jpeg())
    assert task["status"] == "completed"
    assert task["models"] == {"ceph-landmarks": "my-own-1"}
    assert task["provider"] in {"CPUExecutionProvider", "CUDAExecutionProvider"}


def test_a_model_that_is_not_what_its_manifest_says_is_one_clear_error(stack, own_models) -> None:
    for weights in (own_models / "ceph").glob("*.onnx"):
        with weights.open("ab") as file:
            file.write(b"tampered")
    task = read_by(stack, draw(seed=3).jpeg())
    assert (task["status"], task["error"]["code"]) == ("failed", 12004)
