"""What crosses a border between functions, from whoever may have written it."""

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from service.adapters.batches import all_messages, each_message
from service.errors import FilmFailed, InvalidRequest
from service.listing import ListRequest
from service.messages import InferenceJob, InferenceResult, TaskMessage
from service.payload import CallbackPayload
from service.request_bodies import json_fields
from service.task import LeaseHeld
from service.uploads import UploadRequest
from service.validation import validated, validated_json
from tests.fuzz.effort import fuzzed
from tests.fuzz.texts import ODD_JSON, ODD_TEXT
from tests.lambda_events import event

_OURS = st.fixed_dictionaries({"client": ODD_TEXT, "task_id": ODD_TEXT})
_BODIES = (
    ODD_TEXT
    | st.binary(max_size=60).map(lambda content: content.decode("latin-1"))
    | (ODD_JSON | _OURS).map(json.dumps)
)


@pytest.mark.parametrize("kind", [InferenceJob, InferenceResult])
@fuzzed(150)
@given(bodies=st.lists(_BODIES, min_size=1, max_size=3))
def test_a_message_is_handled_or_comes_again_and_no_other_suffers(
    kind: type[TaskMessage], bodies: list[str]
) -> None:
    [record] = event("infer/film")["Records"]
    good = json.dumps({"client": "local", "task_id": "good"})
    records = [
        record | {"messageId": str(number), "body": body}
        for number, body in enumerate([*bodies, good])
    ]
    handled: list[TaskMessage] = []
    answer = each_message({"Records": records}, kind, handled.append)  # type: ignore[arg-type]

    failed = {failure["itemIdentifier"] for failure in answer["batchItemFailures"]}
    assert str(len(bodies)) not in failed
    assert len(handled) + len(failed) == len(records)
    assert handled[-1].task_id == "good"


@fuzzed(150)
@example(bodies=['{"ignored":' + "[" * 20_000 + "]" * 20_000 + "}"])
@given(bodies=st.lists(_BODIES, min_size=1, max_size=3))
def test_messages_are_handled_together_or_come_again_each_alone(bodies: list[str]) -> None:
    [record] = event("infer/film")["Records"]
    good = json.dumps({"client": "local", "task_id": "good"})
    records = [
        record | {"messageId": str(number), "body": body}
        for number, body in enumerate([*bodies, good, good])
    ]
    handled: list[TaskMessage] = []

    def handle(messages: Sequence[TaskMessage]) -> list[Exception | None]:
        handled.extend(messages)
        return [*[None] * (len(messages) - 1), LeaseHeld("being read")]

    answer = all_messages({"Records": records}, InferenceJob, handle)
    failed = [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]
    assert str(len(bodies)) not in failed
    assert failed[-1] == str(len(bodies) + 1)
    assert len(handled) - 1 + len(failed) == len(records)


@fuzzed(150)
@given(data=st.dictionaries(ODD_TEXT, ODD_JSON, max_size=4))
def test_a_report_is_said_in_json_exactly_or_not_at_all(data: dict[str, Any]) -> None:
    try:
        body = CallbackPayload(task_id="t", data=data).to_bytes()
    except FilmFailed:
        return
    assert json.loads(body)["data"] == data


@fuzzed(150)
@given(body=st.binary(max_size=100) | (ODD_JSON.map(lambda value: json.dumps(value).encode())))
def test_a_body_is_taken_or_refused(body: bytes) -> None:
    for parse in (json_fields, lambda sent: validated_json(sent, UploadRequest)):
        try:
            parse(body)
        except InvalidRequest as refused:
            json.dumps(refused.as_dict())


@fuzzed(150)
@given(query=st.dictionaries(st.sampled_from(("status", "limit", "cursor")) | ODD_TEXT, ODD_TEXT))
def test_a_query_is_taken_or_refused(query: dict[str, str]) -> None:
    try:
        request = validated(query, ListRequest, typed=False)
        assert request.after is None or request.cursor
    except InvalidRequest:
        return
    assert 1 <= request.limit <= 100
