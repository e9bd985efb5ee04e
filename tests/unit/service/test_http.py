"""Requests of the gateway to handlers, and whatever these do to answers, without any function."""

import base64
import json
from datetime import timedelta

import pytest

from service.adapters.cors import Cors
from service.adapters.http import HttpApi
from service.adapters.rest import Response
from service.answers.tasks import Cancelled
from service.errors import NotInThisState, TooManyRequests, Unavailable
from service.operations import HTML, Operation, Other
from service.task import TaskStatus

ANSWER = Cancelled(task_id="t", status=TaskStatus.CANCELLED)


@pytest.fixture
def http():
    return HttpApi(Cors(lambda: ()))


def served(http, handler, method="GET", path="/api/v1/task/{taskId}", **declared):
    declared.setdefault("answers", {200: Cancelled, 503: Cancelled})
    http.serves(Operation(method, path, name="one", **declared))(handler)


def asked(http, method="GET", path="/api/v1/task/a", **more):
    context = {"requestId": "r", "authorizer": {"client": "local"}}
    event = {"httpMethod": method, "path": path, "headers": {}, "requestContext": context} | more
    answer = http.resolve(event)
    return answer["statusCode"], answer["body"], answer["multiValueHeaders"]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("/api/v1/task/a", "a"),
        ("/api/v1/task/a///", "a"),
        ("/api/v1/task/a b%23ö", "a b%23ö"),  # the gateway has decoded it
        ("/api/v1/task/", None),
        ("/api/v1/task/a/b", None),
        ("/api/v1/task", None),
        ("/api/v1/TASK/a", None),
        ("/api-v1/task/a", None),
        ("/x/api/v1/task/a", None),
    ],
)
def test_a_parameter_is_what_stands_between_two_slashes(http, path, expected) -> None:
    seen = []
    served(http, lambda task_id: seen.append(task_id) or ANSWER)
    status, body, _ = asked(http, path=path)
    assert seen == ([expected] if expected else [])
    assert status == (200 if expected else 404)
    assert expected or json.loads(body)["detail"] == "path: no such path"


@pytest.mark.parametrize("path", ["/", "", "//"])
def test_the_root_is_the_root_with_or_without_its_slash(http, path) -> None:
    served(http, lambda: ANSWER, path="/")
    assert asked(http, path=path)[0] == 200


def test_a_dot_in_a_path_is_a_dot(http) -> None:
    served(http, lambda: ANSWER, path="/openapi.json")
    assert asked(http, path="/openapi.json")[0] == 200
    assert asked(http, path="/openapi-json")[0] == 404


def test_another_method_is_refused_with_those_that_are_served(http) -> None:
    for method in ("GET", "DELETE"):
        served(http, lambda task_id: ANSWER, method)
    for method in ("POST", "PUT", "PATCH", "OPTIONS", "HEAD"):
        status, body, headers = asked(http, method)
        assert (status, headers["Allow"]) == (405, ["GET, DELETE"])
        assert json.loads(body)["detail"] == f"{method} is not served here"


@pytest.mark.parametrize(
    ("given", "status", "body"),
    [
        (ANSWER, 200, '{"taskId":"t","status":"cancelled"}'),
        ((503, ANSWER), 503, '{"taskId":"t","status":"cancelled"}'),
        (Response(302, "<p>", HTML, {"Location": "/x"}), 302, "<p>"),
    ],
)
def test_a_handler_gives_an_answer_a_status_with_one_or_all_of_it(http, given, status, body):
    served(http, lambda task_id: given)
    got, text, headers = asked(http)
    assert (got, text) == (status, body)
    if status == 302:
        assert headers == {"Content-Type": [HTML], "Location": ["/x"]}
    else:
        assert headers == {"Content-Type": ["application/json"]}


@pytest.mark.parametrize(
    ("error", "status", "headers"),
    [
        (NotInThisState("no"), 409, {}),
        (Unavailable("table: down"), 503, {}),
        (TooManyRequests("no", timedelta(seconds=1.2)), 429, {"Retry-After": ["2"]}),
        (KeyError("a film"), 503, {}),
    ],
)
def test_an_error_is_answered_in_the_contracts_form(http, error, status, headers) -> None:
    def fail(task_id: str) -> None:
        raise error

    served(http, fail)
    got, body, told = asked(http)
    assert (got, told) == (status, {"Content-Type": ["application/json"]} | headers)
    assert set(json.loads(body)) == {"code", "message", "detail", "requestId"}
    assert json.loads(body)["requestId"] == "r"
    assert "film" not in body


def test_whoever_is_not_known_reaches_what_is_public_and_nothing_else(http) -> None:
    served(http, lambda: ANSWER, path="/open", public=True)
    served(http, lambda: ANSWER, path="/closed")
    context = {"requestId": "r"}
    assert asked(http, path="/open", requestContext=context)[0] == 200
    assert asked(http, path="/closed", requestContext=context)[0] == 401


def test_a_handler_sees_body_query_and_headers_in_any_case(http) -> None:
    seen = []

    def look(task_id: str) -> Cancelled:
        seen.append((http.body, http.query, http.header("CONTENT-type"), http.header("x")))
        return ANSWER

    served(http, look)
    asked(http, body="ö", headers={"content-Type": "a/b", "X": None}, queryStringParameters=None)
    asked(
        http,
        body=base64.b64encode(b"\xff").decode(),
        isBase64Encoded=True,
        headers=None,
        queryStringParameters={"a": "b"},
    )
    assert seen == [("ö".encode(), {}, "a/b", ""), (b"\xff", {"a": "b"}, "", "")]


def test_what_was_served_is_logged_by_its_operation(http, caplog) -> None:
    served(http, lambda task_id: ANSWER, answers={200: Other("x")})
    with caplog.at_level("INFO"):
        asked(http)
        asked(http, path="/none")
    told = [(r.operation, r.http_status) for r in caplog.records if r.msg == "answered"]
    assert told == [("one", 200), ("none", 404)]
