"""The OpenAPI document, made of declared operations."""

from typing import Annotated

import msgspec
import pytest
from jsonschema import Draft202012Validator
from msgspec import Meta, Struct

from service.answers import Accepted
from service.answers.health import ServiceName
from service.components import Components, schema_of_answer
from service.errors import NotFound, TaskExists
from service.listing import ListRequest
from service.openapi import document
from service.operations import FORM, JSON, Operation, Other
from service.schemas import RepeatHeaders, film_batch, film_fields, film_form


class Plain(Struct):
    pass


class Deep(Struct):
    depth: Annotated[int, Meta(ge=1)]


class Kind:
    def __init__(self, options: type[Struct]) -> None:
        self.options_model, self.media = lambda: options, frozenset({"image/png"})


NIL = "00000000-0000-4000-8000-000000000000"
TYPES = {"plain": Kind(Plain), "deep": Kind(Deep)}


def described(**declared: object) -> dict:
    """The document of one operation: ``GET /things/{thingId}`` unless declared otherwise."""
    operation = Operation(
        **{"method": "GET", "path": "/things/{thingId}", "answers": {200: ServiceName}} | declared
    )
    return document([operation], TYPES)["paths"][operation.path][operation.method.lower()]


def test_every_error_is_an_answer_with_its_codes() -> None:
    responses = described(errors=(NotFound, TaskExists))["responses"]
    assert list(responses) == ["200", "401", "403", "404", "409", "429", "503"]
    assert responses["409"]["description"] == "10002: Task already exists"
    error, codes = responses["409"]["content"][JSON]["schema"]["allOf"]
    assert error == {"$ref": "#/components/schemas/Error"}
    assert codes == {"properties": {"code": {"enum": [10002]}}}


def test_what_is_public_asks_nobody() -> None:
    assert described(public=True)["security"] == []
    assert list(described(public=True)["responses"]) == ["200", "429", "503"]
    assert "security" not in described()
    whole = document([], TYPES)
    [scheme] = whole["security"]
    assert set(scheme) <= set(whole["components"]["securitySchemes"])


def test_what_takes_parameters_may_refuse_them() -> None:
    operation = described(query=ListRequest, headers=RepeatHeaders)
    assert [(p["name"], p["in"], p["required"]) for p in operation["parameters"]] == [
        ("thingId", "path", True),
        ("status", "query", False),
        ("limit", "query", False),
        ("cursor", "query", False),
        ("Idempotency-Key", "header", False),
    ]
    kinds = {p["name"]: p["schema"] for p in operation["parameters"]}
    assert "pending" in kinds["status"]["enum"]
    assert kinds["limit"] == {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}
    assert kinds["cursor"] == {"type": "string", "format": "cursor"}
    assert "400" in operation["responses"]


def test_an_answer_that_is_no_document_is_described() -> None:
    answers = {302: Other("Elsewhere.", headers={"Location": "Where."})}
    answer = described(answers=answers)["responses"]["302"]
    assert answer["description"] == "Elsewhere."
    assert "Location" in answer["headers"]


def test_an_ordinary_answer_may_have_the_status_of_an_error() -> None:
    answer = described(answers={200: ServiceName, 503: ServiceName})["responses"]["503"]
    schema = answer["content"][JSON]["schema"]
    assert schema["anyOf"][0] == {"$ref": "#/components/schemas/ServiceName"}


def test_the_options_of_every_task_type_are_fields() -> None:
    form = film_form(Components(TYPES))
    assert form["properties"]["taskType"]["enum"] == ["deep", "plain"]
    assert form["properties"]["depth"] == {"type": "integer", "minimum": 1}
    assert "callbackUrl" in form["required"]
    assert "uploadId" not in form["properties"]
    accepts = Draft202012Validator(form).is_valid
    fields = {"image": "", "callbackUrl": "https://a.example"}
    assert accepts(fields | {"taskType": "deep", "depth": 2})
    assert not accepts(fields | {"taskType": "deep"})
    assert accepts(fields | {"taskType": "plain"})
    assert not accepts(fields | {"taskType": "plain", "depth": 2})
    assert not accepts(fields | {"taskType": "other"})
    assert not accepts(fields | {"taskType": "plain", "imageUrl": "https://a.example"})


def test_a_batch_takes_the_fields_of_one_film() -> None:
    components = Components(TYPES)
    tasks = film_batch(components)["properties"]["tasks"]
    assert (tasks["items"], tasks["maxItems"]) == (film_fields(components), 100)
    accepts = Draft202012Validator(components.schemas["AnalyzeFields"]).is_valid
    fields = {"taskType": "plain", "callbackUrl": "https://a.example"}
    assert accepts(fields | {"uploadId": NIL, "imageUrl": None})
    assert not accepts(fields | {"uploadId": None, "imageUrl": None})
    assert not accepts(fields | {"uploadId": NIL, "imageUrl": "https://a.example"})


def test_nothing_that_is_only_ours_is_described() -> None:
    properties = film_form(Components(TYPES))["properties"]
    assert not {"options", "idempotency_key"} & set(properties)


def test_two_types_of_one_name_are_refused() -> None:
    components = Components(TYPES)
    components.ref(schema_of_answer(Accepted))
    another = msgspec.defstruct("Accepted", [("other", int)])
    with pytest.raises(ValueError, match="two schemas are named Accepted"):
        components.ref(schema_of_answer(another))


def test_what_leads_to_a_callback_says_so() -> None:
    operation = described(method="POST", bodies={FORM: film_form}, calls_back=True)
    [[url, path]] = operation["callbacks"]["callback"].items()
    assert url == "{$request.body#/callbackUrl}"
    assert path == {"$ref": "#/components/pathItems/Callback"}
