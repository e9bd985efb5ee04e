"""Requests that nobody should send: each is answered in the contract's form, and none breaks in."""

import base64
import json
from collections.abc import Callable, Iterator
from typing import Any

import boto3
import pytest
from hypothesis import given
from hypothesis import strategies as st
from moto import mock_aws

from service.adapters.form import parse_form
from service.errors import ServiceError
from tests.builders import form_body
from tests.fuzz.effort import fuzzed
from tests.fuzz.texts import ODD_JSON, ODD_TEXT
from tests.lambda_events import CONTEXT, event
from tests.stack import Stack, load_function

Call = Callable[..., tuple[int, Any]]

_NAMES = (
    "taskId", "taskType", "callbackUrl", "imageUrl", "uploadId", "options", "pixelSpacing", "sex",
    "idempotency_key", "task_id",
)  # fmt: skip
_GOOD = {
    "taskId": "3f0c5a52-6d0e-4b7e-9c1d-2f6a8b9e1c11",
    "taskType": "ceph",
    "callbackUrl": "https://clinic.example/hook",
    "imageUrl": "https://clinic.example/film.jpg",
}
_FIELDS = st.builds(
    lambda kept, changed: {**{name: _GOOD[name] for name in kept}, **changed},
    st.sets(st.sampled_from(sorted(_GOOD))),
    st.dictionaries(st.sampled_from(_NAMES) | ODD_TEXT, ODD_JSON, max_size=3),
)


@pytest.fixture(scope="module")
def call() -> Iterator[Call]:
    """Calls the API's handler, over moto, with an event of ``events/`` that was changed."""
    with pytest.MonkeyPatch.context() as patch, mock_aws():
        patch.setenv("AWS_DEFAULT_REGION", "us-east-1")
        patch.delenv("AWS_ENDPOINT_URL", raising=False)
        for name, value in Stack(boto3.client).environment.items():
            patch.setenv(name, value)
        handler = load_function("submit").handler

        def call(name: str, **changes: Any) -> tuple[int, Any]:
            answer = handler(event(name) | changes, CONTEXT)
            return answer["statusCode"], json.loads(answer["body"])

        yield call


def assert_in_the_contracts_form(answer: tuple[int, Any]) -> None:
    status, body = answer
    assert status in (200, 201, 202, 302, 400, 404, 405, 409, 413)  # and so nothing broke down
    if status >= 400:
        assert set(body) == {"code", "message", "detail", "requestId"}
        assert 10001 <= body["code"] <= 10010


@fuzzed(150)
@given(fields=_FIELDS | ODD_JSON)
def test_any_json_is_answered(call: Call, fields: Any) -> None:
    headers = {"Content-Type": "application/json"}
    for name in ("analyze", "uploads"):
        assert_in_the_contracts_form(
            call(
                f"submit/{name}",
                body=json.dumps(fields),
                isBase64Encoded=False,
                headers=headers,
                multiValueHeaders={"Content-Type": ["application/json"]},
            )
        )


@fuzzed(60)
@given(items=ODD_JSON | st.lists(_FIELDS | ODD_JSON, max_size=4))
def test_any_batch_is_answered(call: Call, items: Any) -> None:
    assert_in_the_contracts_form(call("submit/batch", body=json.dumps({"tasks": items})))


@fuzzed(100)
@given(
    body=st.binary(max_size=300) | st.sampled_from((b"[" * 100_000, b'{"a":' * 100_000, b"\xff")),
    content_type=st.sampled_from(
        ("application/json", "multipart/form-data; boundary=b", "", "x/y")
    ),
    path=st.sampled_from(("analyze", "uploads", "batch")),
)
def test_any_bytes_are_answered(call: Call, body: bytes, content_type: str, path: str) -> None:
    assert_in_the_contracts_form(
        call(
            f"submit/{path}",
            body=base64.b64encode(body).decode(),
            isBase64Encoded=True,
            headers={"Content-Type": content_type},
            multiValueHeaders={"Content-Type": [content_type]},
        )
    )


_CURSORS = (
    ODD_TEXT
    | st.builds(
        lambda value: base64.urlsafe_b64encode(json.dumps(value).encode()).decode(),
        ODD_JSON | st.tuples(ODD_TEXT, ODD_TEXT),
    )
    | st.just(base64.urlsafe_b64encode(b"[" * 5000).decode())
)


@fuzzed(80)
@given(
    query=st.dictionaries(st.sampled_from(("status", "limit", "cursor", "x")), _CURSORS, min_size=1)
)
def test_any_query_is_answered(call: Call, query: dict[str, str]) -> None:
    assert_in_the_contracts_form(
        call(
            "submit/tasks",
            queryStringParameters=query,
            multiValueQueryStringParameters={name: [value] for name, value in query.items()},
        )
    )


@fuzzed(60)
@given(task_id=ODD_TEXT, key=ODD_TEXT)
def test_any_task_id_and_key_are_answered(call: Call, task_id: str, key: str) -> None:
    path = f"/api/v1/task/{task_id}"
    assert_in_the_contracts_form(call("submit/task", path=path, pathParameters={"taskId": task_id}))
    headers = {**event("submit/analyze")["headers"], "Idempotency-Key": key}
    assert_in_the_contracts_form(
        call(
            "submit/analyze",
            headers=headers,
            multiValueHeaders={name: [value] for name, value in headers.items()},
        )
    )


_PIECES = st.sampled_from(
    (
        b"--b", b"--b--", b"--", b"\r\n", b"\n", b"\r", b"\r\n\r\n", b":", b";", b'"', b"=", b"\0",
        b'Content-Disposition: form-data; name="image"; filename="f"',
        b'Content-Disposition: form-data; name="taskType"', b"filename*=UTF-8''%FF", b"ceph",
        b"Content-Transfer-Encoding: base64", b"Content-Length: -1", b"\xff\xfe", b"x" * 5000,
    )
)  # fmt: skip


@fuzzed(400)
@given(pieces=st.lists(_PIECES | st.binary(max_size=8), max_size=24))
def test_any_form_is_parsed_or_refused(pieces: list[bytes]) -> None:
    try:
        form = parse_form("multipart/form-data; boundary=b", b"".join(pieces), "image", 1000)
    except ServiceError:
        return
    assert form.file is None or len(form.file) <= 1000


@fuzzed(200)
@given(film=st.binary(min_size=1, max_size=300), at=st.integers(0), cut=st.integers(1, 60))
def test_a_form_that_was_cut_anywhere_never_gives_a_film_that_was_not_sent(
    film: bytes, at: int, cut: int
) -> None:
    content_type, body = form_body({"taskType": "ceph"}, film, boundary="no-such-text-in-any-film")
    at %= len(body)
    try:
        form = parse_form(content_type, body[:at] + body[at + cut :], "image", 10**6)
    except ServiceError:
        return
    # What is missing may be a part of the film, and nobody can tell; it is never anything else.
    assert form.file is None or form.file in (film, *_without(film, cut))


def _without(film: bytes, most: int) -> list[bytes]:
    return [
        film[:start] + film[start + length :]
        for start in range(len(film))
        for length in range(1, min(most, len(film) - start) + 1)
    ]


@pytest.mark.parametrize(
    "item", [{"taskId": "\ud800"}, _GOOD | {"\ud800": 1}, _GOOD | {"sex": "\ud800"}]
)
def test_what_no_answer_can_say_is_answered(call: Call, item: dict[str, Any]) -> None:
    assert_in_the_contracts_form(call("submit/batch", body=json.dumps({"tasks": [item]})))
    headers = {"Content-Type": "application/json"}
    assert_in_the_contracts_form(
        call(
            "submit/analyze",
            body=json.dumps(_GOOD | item),
            isBase64Encoded=False,
            headers=headers,
            multiValueHeaders={"Content-Type": ["application/json"]},
        )
    )
