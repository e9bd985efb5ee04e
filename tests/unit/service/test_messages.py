"""What is accepted as a request, and how the callback's body looks."""

import json
import re
from typing import Literal

import msgspec
import pytest
from msgspec import Struct

from service.addresses import AddressPolicy
from service.errors import AddressNotAllowed, FilmFailed, InvalidRequest
from service.messages import InferenceJob
from service.payload import CallbackPayload
from service.request_bodies import AnalyzeRequest
from service.task import Failure, TaskKey
from service.validation import validated
from tests.builders import CALLBACK_URL, AnyType, new_id

POLICY = AddressPolicy()
TYPES = {"any": AnyType(), "other": AnyType()}


def fields(**changes: str | None) -> dict[str, str]:
    values = {"taskId": new_id(), "taskType": "any", "callbackUrl": CALLBACK_URL} | changes
    return {name: value for name, value in values.items() if value is not None}


def test_a_request_keeps_what_was_sent() -> None:
    sent = fields(strength="2.5")
    request = AnalyzeRequest.from_fields(sent, TYPES, POLICY)
    assert request.task_id == sent["taskId"]
    assert (request.task_type, request.callback_url) == ("any", CALLBACK_URL)
    assert request.options == {"strength": 2.5}
    assert request.priority == "normal"
    assert AnalyzeRequest.from_fields(fields(priority="high"), TYPES, POLICY).priority == "high"


def test_a_task_id_is_made_when_none_is_sent() -> None:
    one, two = (AnalyzeRequest.from_fields(fields(taskId=None), TYPES, POLICY) for _ in range(2))
    assert re.fullmatch(r"[0-9a-f-]{14}4[0-9a-f-]{21}", one.task_id)
    assert one.task_id != two.task_id


def test_a_task_id_in_capitals_is_the_same() -> None:
    task_id = new_id()
    assert (
        AnalyzeRequest.from_fields(fields(taskId=task_id.upper()), TYPES, POLICY).task_id == task_id
    )


def test_a_key_decides_which_task_it_is_where_no_id_does() -> None:
    sent = fields(taskId=None)
    one, two, others = (
        AnalyzeRequest.from_fields(sent, TYPES, POLICY).repeatable("k", client, sent)
        for client in ("local", "local", "another")
    )
    assert one.task_id == two.task_id != others.task_id
    assert re.fullmatch(r"[0-9a-f-]{14}4[0-9a-f-]{21}", one.task_id)


def test_a_key_does_not_replace_a_task_id() -> None:
    request = AnalyzeRequest.from_fields(sent := fields(), TYPES, POLICY)
    assert request.repeatable("k", "local", sent).task_id == sent["taskId"]
    assert request.repeatable("", "local", sent) == request


def test_a_key_has_an_end() -> None:
    request = AnalyzeRequest.from_fields(sent := fields(), TYPES, POLICY)
    with pytest.raises(InvalidRequest, match="Idempotency-Key"):
        request.repeatable("k" * 256, "local", sent)


@pytest.mark.parametrize(
    ("changes", "detail"),
    [
        ({"taskId": "17"}, "taskId: must be a UUID of version 4"),
        ({"taskId": ""}, "taskId: must be a UUID of version 4"),
        (
            {"taskId": "c232ab00-9414-11ec-b3c8-9f68deced846"},  # version 1
            "taskId: must be a UUID of version 4",
        ),
        ({"taskType": None}, "taskType: field required"),
        ({"taskType": "mri"}, "taskType: must be one of any, other"),
        ({"callbackUrl": None}, "callbackUrl: field required"),
        ({"callbackUrl": ""}, "callbackUrl: expected str of length >= 1"),
        ({"priority": "urgent"}, "priority: must be one of high, normal"),
        ({"priority": ""}, "priority: must be one of high, normal"),
        ({"priority": "x - at `$.y`"}, "priority: must be one of high, normal"),
        ({"strength": "strong"}, "strength: must be a number, written as in JSON"),
        ({"strength": "Null"}, "strength: null is no value here; leave it out"),
        ({"": "x"}, "body: unknown field"),
        ({"a - at `$.b": "x"}, "a - at `$.b: unknown field"),
        ({"colour": "red"}, "colour: unknown field"),
        ({"options": "{}"}, "options: unknown field"),
        ({"task_id": "x"}, "task_id: unknown field"),
    ],
)
def test_the_detail_names_the_field(changes: dict[str, str], detail: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        AnalyzeRequest.from_fields(fields(**changes), TYPES, POLICY)
    assert refused.value.detail.startswith(detail)


def test_a_number_of_a_form_may_stand_between_blanks() -> None:
    request = AnalyzeRequest.from_fields(fields(strength=" 0.5 "), TYPES, POLICY)
    assert request.options == {"strength": 0.5}


class Nested(Struct, frozen=True, kw_only=True):
    kind: Literal["a"] | None = None


class Deep(Struct, frozen=True, kw_only=True):
    views: tuple[Literal["a"], ...] = ()
    inner: Nested = Nested()
    number: Literal[1, 2] = 1


@pytest.mark.parametrize(
    ("sent", "detail"),
    [
        ({"views": ["Doe^Jane"]}, "views[0]: must be one of the values that are known"),
        ({"inner": {"kind": "Doe^Jane"}}, "inner.kind: must be one of the values that are known"),
        ({"number": 3}, "number: must be one of 1, 2"),
    ],
)
def test_no_detail_repeats_what_was_sent(sent: dict[str, object], detail: str) -> None:
    with pytest.raises(InvalidRequest) as refused:
        validated(sent, Deep)
    assert refused.value.detail == detail


def test_an_address_that_must_not_be_called_is_refused() -> None:
    with pytest.raises(AddressNotAllowed):
        AnalyzeRequest.from_fields(fields(callbackUrl="https://10.0.0.1/"), TYPES, POLICY)


def test_the_address_of_a_film_is_judged_like_that_of_a_callback() -> None:
    sent = fields(imageUrl="https://films.example/1?key=s3cret")
    assert AnalyzeRequest.from_fields(sent, TYPES, POLICY).image_url == sent["imageUrl"]
    with pytest.raises(AddressNotAllowed) as refused:
        AnalyzeRequest.from_fields(fields(imageUrl="https://10.0.0.1/s3cret"), TYPES, POLICY)
    assert refused.value.detail == "imageUrl: leads to an internal address"
    with pytest.raises(InvalidRequest, match="imageUrl: expected str of length"):
        AnalyzeRequest.from_fields(fields(imageUrl=""), TYPES, POLICY)


def test_a_message_survives_its_json() -> None:
    job = InferenceJob.about(TaskKey("local", "1"))
    assert msgspec.json.decode(msgspec.json.encode(job).decode(), type=InferenceJob) == job
    assert job.key == TaskKey("local", "1")


def test_the_callback_has_the_contracts_keys() -> None:
    failure = Failure(code=12002, message="truncated")
    assert json.loads(CallbackPayload(task_id="1", error=failure).to_bytes()) == {
        "taskId": "1",
        "data": None,
        "error": {"code": 12002, "message": "truncated"},
        "models": {},
        "provider": None,
        "artefacts": [],
        "resultUrl": None,
    }


@pytest.mark.parametrize("value", [float("nan"), float("inf"), {1, 2}, object()])
def test_what_json_cannot_say_is_a_failed_film(value: object) -> None:
    with pytest.raises(FilmFailed):
        CallbackPayload(task_id="1", data={"value": value}).to_bytes()


def test_a_report_that_is_no_object_is_a_failed_film() -> None:
    with pytest.raises(FilmFailed):
        CallbackPayload(task_id="1", data=[1]).to_bytes()  # type: ignore[arg-type]
