"""The HTTP API's handler: every answer in the contract's form."""

import base64
import io
import json

import pytest

from service.adapters.trials import LambdaTrials
from service.caller import name_of_identity
from service.task import TaskKey, TaskStatus
from tests.builders import form_body
from tests.lambda_events import CONTEXT, KEY, event
from tests.stack import load_function


@pytest.fixture
def call(load):
    handler = load("submit").handler

    def call(name, **changes):
        answer = handler(event(name) | changes, CONTEXT)
        assert answer["multiValueHeaders"]["Content-Type"] == ["application/json"]
        return answer["statusCode"], json.loads(answer["body"])

    return call


def test_a_film_is_accepted(call, stack) -> None:
    assert call("submit/analyze") == (
        202,
        {"taskId": KEY.task_id, "status": "accepted", "message": "Task queued successfully"},
    )
    task = stack.tasks.get(KEY)
    assert task.status is TaskStatus.PENDING
    assert stack.films.get_film(task.film_key).startswith(b"\x89PNG")
    assert stack.sent("tasks") == [{"client": "local", "task_id": KEY.task_id}]


@pytest.mark.parametrize(
    ("name", "status", "code", "detail"),
    [
        ("text_named_jpg", 400, 10003, "image: the content is none of BMP, DICOM, JPEG, PNG"),
        ("missing_callback_url", 400, 10001, "callbackUrl: field required"),
        ("missing_image", 400, 10001, "image: field required, or imageUrl"),
        ("bad_image_url", 400, 10005, "imageUrl: must begin with http:// or https://"),
        ("bad_task_id", 400, 10001, "taskId: must be a UUID of version 4"),
        ("unknown_task_type", 400, 10001, "taskType: must be one of ceph"),
        ("unknown_field", 400, 10001, "patient: unknown field"),
        ("bad_callback_url", 400, 10005, "callbackUrl: must begin with http:// or https://"),
        ("body_cut_off", 400, 10001, "body: malformed or cut off multipart/form-data"),
        ("json_body", 400, 10001, "taskType: field required"),
        ("uploaded", 400, 10001, "uploadId: nothing has been uploaded under it"),
        ("task", 404, 10006, "taskId: no such task"),
        ("unknown_path", 404, 10006, "path: no such path"),
        ("unknown_method", 405, 10001, "DELETE is not served here"),
    ],
)
def test_what_is_wrong_is_one_clear_error(call, stack, name, status, code, detail) -> None:
    got_status, body = call(f"submit/{name}")
    assert (got_status, body["code"]) == (status, code)
    assert body["detail"].startswith(detail)
    assert body["message"]
    assert body["requestId"] == "c6af9ac6-7b61-11e6-9a41-93e8deadbeef"
    assert stack.objects() == []
    assert stack.tasks.get(KEY) is None
    assert stack.sent("tasks") == []


@pytest.mark.parametrize("context", [{}, {"authorizer": None}, {"authorizer": {"client": ""}}])
def test_without_a_word_of_the_gateway_nothing_closed_is_served(load, context) -> None:
    app = load("submit")
    for operation in app.http.operations:
        asked = event("submit/root") | {
            "httpMethod": operation.method,
            "path": operation.path.replace("{taskId}", KEY.task_id),
        }
        asked["requestContext"] = {"requestId": "r", "identity": {}} | context
        answer = app.handler(asked, CONTEXT)
        if not operation.public:
            body = json.loads(answer["body"])
            assert (answer["statusCode"], body["code"]) == (401, 10007), operation.path
        else:
            assert answer["statusCode"] < 500


def test_an_identity_of_aws_is_a_client_of_its_own(call, stack) -> None:
    arn = "arn:aws:iam::123456789012:user/clinic"
    posted = event("submit/analyze")
    context = posted["requestContext"] | {"authorizer": None, "identity": {"userArn": arn}}
    assert call("submit/analyze", requestContext=context)[0] == 202
    assert stack.tasks.get(KEY) is None
    assert stack.tasks.get(TaskKey(name_of_identity(arn), KEY.task_id)) is not None


def test_another_clients_task_is_nobodys_on_every_route(load, call, stack) -> None:
    call("submit/analyze")
    before = stack.tasks.get(KEY), stack.objects(), len(stack.sent("tasks"))
    app = load("submit")
    about_a_task = [o for o in app.http.operations if "{taskId}" in o.path]
    assert len(about_a_task) >= 4
    for operation in about_a_task:
        asked = event("submit/task") | {
            "httpMethod": operation.method,
            "path": operation.path.replace("{taskId}", KEY.task_id),
        }
        asked["requestContext"]["authorizer"] = {"client": "another"}
        answer = app.handler(asked, CONTEXT)
        body = json.loads(answer["body"])
        assert (answer["statusCode"], body["code"]) == (404, 10006), operation
        assert body["detail"] == "taskId: no such task"
    assert (stack.tasks.get(KEY), stack.objects()) == before[:2]
    assert stack.sent("results") == []


def test_another_client_may_use_the_same_task_id_and_sees_only_its_own(call, stack) -> None:
    call("submit/analyze")
    context = event("submit/analyze")["requestContext"] | {"authorizer": {"client": "another"}}
    assert call("submit/tasks", requestContext=context)[1]["tasks"] == []
    assert call("submit/analyze", requestContext=context)[0] == 202
    assert [t["taskId"] for t in call("submit/tasks", requestContext=context)[1]["tasks"]] == [
        KEY.task_id
    ]
    assert call("submit/cancel", requestContext=context)[0] == 200
    assert call("submit/task")[1]["status"] == "pending"


def test_another_clients_upload_is_nobodys(call, stack) -> None:
    stack.films.put_film(f"uploads/local/{KEY.task_id}", b"\xff\xd8\xff film", "image/jpeg")
    context = event("submit/uploaded")["requestContext"] | {"authorizer": {"client": "another"}}
    status, body = call("submit/uploaded", requestContext=context)
    assert (status, body["detail"]) == (400, "uploadId: nothing has been uploaded under it")


def test_a_taken_task_id_changes_nothing(call, stack) -> None:
    call("submit/analyze")
    before = stack.tasks.get(KEY), stack.objects()
    status, body = call("submit/analyze")
    assert (status, body["code"]) == (409, 10002)
    assert (stack.tasks.get(KEY), stack.objects()) == before
    assert len(stack.sent("tasks")) == 1


def test_an_uploaded_film_is_accepted(call, stack) -> None:
    status, upload = call("submit/uploads")
    assert status == 201
    stack.films.put_film(upload["fields"]["key"], b"\xff\xd8\xff film", "image/jpeg")
    body = json.loads(event("submit/uploaded")["body"]) | {
        "uploadId": upload["uploadId"],
        "pixelSpacing": 0.1,
    }
    status, answer = call("submit/uploaded", body=json.dumps(body))
    assert (status, answer["status"]) == (202, "accepted")
    task = stack.tasks.get(KEY)
    assert stack.films.get_film(task.film_key) == b"\xff\xd8\xff film"
    assert task.options == {"pixelSpacing": 0.1}


def test_a_batch_has_an_outcome_for_each(call, stack) -> None:
    stack.films.put_film(f"uploads/local/{KEY.task_id}", b"\xff\xd8\xff film", "image/jpeg")
    status, body = call("submit/batch")
    assert (status, body["count"], body["accepted"]) == (202, 1, [KEY.task_id])
    [rejected] = body["rejected"]
    assert rejected["taskId"] == KEY.task_id
    assert rejected["error"]["code"] == 10001
    assert len(stack.sent("tasks")) == 1


@pytest.mark.parametrize("body", ["{}", "[]", "", '{"tasks": 3}'])
def test_what_is_no_batch_is_refused(call, body) -> None:
    status, answer = call("submit/batch", body=body)
    assert (status, answer["code"]) == (400, 10001)


def test_an_image_and_an_upload_at_once_are_refused(call) -> None:
    content_type, body = form_body(
        {"taskType": "ceph", "callbackUrl": "https://a.example", "uploadId": KEY.task_id}, b"film"
    )
    status, answer = call(
        "submit/analyze",
        body=base64.b64encode(body).decode(),
        headers={"Content-Type": content_type},
        multiValueHeaders={"Content-Type": [content_type]},
    )
    assert (status, answer["detail"]) == (400, "uploadId: goes without image")


def test_a_film_to_be_fetched_is_accepted_as_json_and_as_a_form(call, stack) -> None:
    assert call("submit/image_url")[0] == 202
    assert stack.tasks.get(KEY).image_url == "https://clinic.example/film.png"
    assert stack.objects() == []
    fields = {"taskType": "ceph", "callbackUrl": "https://a.example"}
    content_type, body = form_body(fields | {"imageUrl": "https://b.example/film"}, None)
    status, answer = call(
        "submit/analyze",
        body=base64.b64encode(body).decode(),
        headers={"Content-Type": content_type},
        multiValueHeaders={"Content-Type": [content_type]},
    )
    assert (status, answer["status"]) == (202, "accepted")
    assert "imageUrl" not in json.dumps(call("submit/task"))


def test_without_an_upload_json_says_what_is_missing(call) -> None:
    body = json.loads(event("submit/uploaded")["body"])
    del body["uploadId"]
    status, answer = call("submit/uploaded", body=json.dumps(body))
    assert (status, answer["detail"][:24]) == (400, "uploadId: field required")


def test_a_film_too_large_for_lambda_is_refused(call, load) -> None:
    app = load("submit")
    app.MAX_FILM_BYTES = 1000
    answer = app.handler(event("submit/analyze"), CONTEXT)
    body = json.loads(answer["body"])
    assert (answer["statusCode"], body["code"]) == (413, 10004)


def test_beyond_the_quota_nothing_is_accepted_and_the_answer_says_when_to_come(
    call, stack, load
) -> None:
    asked = event("submit/analyze")
    asked["requestContext"]["authorizer"]["tasksPerMinute"] = "1"
    app = load("submit")
    assert app.handler(asked, CONTEXT)["statusCode"] == 202
    answer = app.handler(asked, CONTEXT)
    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (429, 10008)
    [seconds] = answer["multiValueHeaders"]["Retry-After"]
    assert 1 <= int(seconds) <= 60
    assert len(stack.objects()) == len(stack.sent("tasks")) == 1


def test_a_full_queue_accepts_nothing(call, stack, monkeypatch) -> None:
    call("submit/analyze")
    monkeypatch.setenv("MAX_QUEUED_TASKS", "1")
    before = stack.objects()
    # A process of its own, which sees the film that waits.
    answer = load_function("submit").handler(event("submit/analyze"), CONTEXT)
    assert (answer["statusCode"], json.loads(answer["body"])["code"]) == (429, 10008)
    assert stack.objects() == before
    answer = load_function("submit").handler(event("submit/batch"), CONTEXT)
    assert answer["statusCode"] == 429


def test_a_table_that_is_down_accepts_nothing(call, stack) -> None:
    stack.delete_table()
    status, body = call("submit/analyze")
    assert (status, body["code"]) == (503, 10010)
    assert body["detail"] == "table: ResourceNotFoundException"


def test_a_queue_that_is_down_does_not_undo_the_acceptance(call, stack) -> None:
    stack.delete_queue("tasks")
    assert call("submit/analyze")[0] == 202
    assert stack.tasks.get(KEY).due_at is not None


def test_what_nobody_foresaw_is_one_clear_error_too(load, monkeypatch) -> None:
    app = load("submit")

    def fall_over(*_: object, **__: object) -> None:
        raise RuntimeError("with the client's secret in it")

    monkeypatch.setattr(app, "parse_form", fall_over)
    answer = app.handler(event("submit/analyze"), CONTEXT)
    assert answer["statusCode"] == 503
    assert json.loads(answer["body"])["code"] == 10010
    assert "secret" not in answer["body"]


def test_a_task_is_shown_as_the_contract_says(call) -> None:
    call("submit/analyze")
    status, body = call("submit/task")
    created = body.pop("createdAt")
    assert created.endswith("Z")
    assert (status, body) == (
        200,
        {
            "taskId": KEY.task_id,
            "taskType": "ceph",
            "priority": "normal",
            "status": "pending",
            "startedAt": None,
            "completedAt": None,
            "queuePosition": 1,
            "estimatedSeconds": None,
            "timings": dict.fromkeys(("waitedMs", "downloadedMs", "readMs", "deliveredMs")),
            "data": None,
            "error": None,
            "models": {},
            "provider": None,
            "artefacts": [],
            "links": {"result": None, "overlay": None},
            "callback": {"state": "waiting", "nextAttemptAt": None, "attempts": []},
        },
    )


def test_a_task_is_cancelled_once(call, stack) -> None:
    call("submit/analyze")
    for _ in range(2):
        assert call("submit/cancel") == (
            200,
            {"taskId": KEY.task_id, "status": "cancelled"},
        )
    assert stack.objects() == []
    assert call("submit/task")[1]["status"] == "cancelled"


@pytest.mark.parametrize("act", ["redeliver", "result"])
def test_what_has_not_been_read_has_no_result(call, act) -> None:
    call("submit/analyze")
    status, body = call(f"submit/{act}")
    assert (status, body["code"]) == (409, 10009)


@pytest.mark.parametrize("act", ["cancel", "redeliver", "result"])
def test_a_task_that_is_not_there_is_404(call, act) -> None:
    status, body = call(f"submit/{act}")
    assert (status, body["code"]) == (404, 10006)


def test_a_repeated_post_with_its_key_is_the_first_answer_again(call, stack) -> None:
    posted = event("submit/analyze")
    headers = posted["headers"] | {"idempotency-key": "k"}
    repeated = {"headers": headers, "multiValueHeaders": {k: [v] for k, v in headers.items()}}
    first = call("submit/analyze", **repeated)
    assert call("submit/analyze", **repeated) == first
    assert first[0] == 202
    assert len(stack.sent("tasks")) == 1
    assert call("submit/analyze")[0] == 409


def test_a_clients_tasks_are_listed(call) -> None:
    assert call("submit/tasks") == (200, {"tasks": [], "cursor": None})
    call("submit/analyze")
    status, body = call("submit/tasks", queryStringParameters={"status": "pending", "limit": "5"})
    assert (status, [task["taskId"] for task in body["tasks"]]) == (200, [KEY.task_id])
    status, body = call("submit/tasks", queryStringParameters={"limit": "0"})
    assert (status, body["code"]) == (400, 10001)


def test_root_names_the_service(call) -> None:
    assert call("submit/root") == (
        200,
        {"service": "Xray-Inference-Service", "version": "0.1.0"},
    )


@pytest.mark.parametrize("path", ["/health", "/api/v1/health"])
def test_health_shows_every_part(call, path) -> None:
    status, body = call("submit/health", path=path)
    assert (status, body["status"]) == (200, "healthy")
    assert {name: part["state"] for name, part in body["parts"].items()} == {
        "storage": "up",
        "table": "up",
        "taskQueue": "up",
        "highTaskQueue": "up",
        "resultQueue": "up",
        "worker": "idle",
    }
    assert body["parts"]["taskQueue"]["waiting"] == 0


def test_health_tells_which_part_is_down(call, stack) -> None:
    stack.delete_queue("results")
    status, body = call("submit/health")
    assert (status, body["status"]) == (503, "unhealthy")
    assert body["parts"]["resultQueue"]["state"] == "down"
    assert body["parts"]["storage"]["state"] == "up"


def test_a_film_that_nobody_reads_makes_the_worker_down_after_a_while(
    call, stack, load, monkeypatch
) -> None:
    call("submit/analyze")
    status, body = call("submit/health")
    assert (status, body["parts"]["worker"]["state"]) == (200, "idle")  # it has just come
    monkeypatch.setenv("WORKER_SILENCE_SECONDS", "0.001")
    answer = load("submit").handler(event("submit/health"), CONTEXT)
    worker = json.loads(answer["body"])["parts"]["worker"]
    assert answer["statusCode"] == 503
    assert worker == {"state": "down", "detail": None, "lastSeenAt": None}


def test_text_that_is_no_base64_is_an_invalid_request(call) -> None:
    for body in ("möglich", "\ud800", "!"):
        status, answer = call("submit/analyze", body=body)
        assert (status, answer["code"]) == (400, 10001)
    status, answer = call("submit/analyze", body="\ud800", isBase64Encoded=False)
    assert (status, answer["code"]) == (400, 10001)


@pytest.mark.parametrize("task_id", ["17", "x" * 5000, "a%23b"])
def test_what_is_no_task_id_is_no_task(call, task_id) -> None:
    status, body = call("submit/task", path=f"/api/v1/task/{task_id}")
    assert (status, body["code"]) == (404, 10006)


class FakeLambda:
    """The callback function, invoked."""

    def __init__(self, answer, **more) -> None:
        self.answer, self.more, self.invoked = answer, more, []

    def invoke(self, **call):
        self.invoked.append(call)
        return {"Payload": io.BytesIO(json.dumps(self.answer).encode())} | self.more


def trying(load, function):
    app = load("submit")
    made = app.api()
    made.trial = made.trial._replace(trials=LambdaTrials(function, "callback"))
    answer = app.handler(event("submit/try_callback"), CONTEXT)
    return answer["statusCode"], json.loads(answer["body"])


def test_a_test_callback_is_sent_by_the_function_that_may(load) -> None:
    attempt = {"at": "2026-01-02T03:04:05Z", "status": 200, "latency_ms": 9}
    status, body = trying(load, function := FakeLambda(attempt))
    assert (status, body["delivered"], body["latencyMs"]) == (200, True, 9)
    [call] = function.invoked
    order = json.loads(call["Payload"])["trial"]
    assert call["FunctionName"] == "callback"
    assert order == {
        "client": "local",
        "task_id": body["taskId"],
        "callback_url": "https://clinic.example/callback",
    }


def test_a_test_callback_that_cannot_be_made_is_our_failure(load) -> None:
    status, body = trying(load, FakeLambda({}, FunctionError="Unhandled"))
    assert (status, body["code"]) == (503, 10010)
