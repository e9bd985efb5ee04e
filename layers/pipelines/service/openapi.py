"""The OpenAPI document, made of what the routes declare."""

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from msgspec import Struct

from service import __version__
from service.answers.errors import Error
from service.components import Components, schema_of, schema_of_answer, tidied, without_null
from service.errors import FailureCode, ServiceError
from service.operations import JSON, Kind, Operation, Other, Schema, imported
from service.payload import CallbackPayload
from service.ports import TaskTypes


def document(
    operations: Iterable[Operation],
    task_types: TaskTypes,
    reports: Mapping[str, Schema | None] | None = None,
) -> dict[str, Any]:
    """Describe the API.

    Args:
        operations: What it serves.
        task_types: The registered task types.
        reports: Task type → the schema of its reports, with a title, as far as it is described.

    Returns:
        A document of OpenAPI 3.1.
    """
    components = Components(task_types)
    paths: dict[str, dict[str, Any]] = {}
    for operation in operations:
        described = _operation(operation, components)
        paths.setdefault(operation.path, {})[operation.method.lower()] = described
    callback = _callback(components)
    _describe_results(components, reports or {})
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "X-ray inference service",
            "version": __version__,
            "description": "Films go in, reports come back to the client's own URL. "
            "Not a medical device, and no diagnosis.",
        },
        "servers": [{"url": "."}],  # beside the document itself, under whatever stage and name
        "paths": paths,
        "webhooks": {"callback": {"$ref": "#/components/pathItems/Callback"}},
        "components": {
            "schemas": dict(sorted(components.schemas.items())),
            "pathItems": {"Callback": callback},
            "securitySchemes": {
                "token": {
                    "type": "http",
                    "scheme": "bearer",
                    "description": "`xray_<client>_<random>`, as the operator gave it to you.",
                }
            },
        },
        "security": [{"token": []}],
    }


def _describe_results(components: Components, reports: Mapping[str, Schema | None]) -> None:
    """Say in the schemas what the service itself does not know: what a report holds."""
    kinds = [
        components.ref(tidied(report)) if report else {"type": "object", "title": name}
        for name, report in sorted(reports.items())
    ]
    for name in {"TaskState", "CallbackPayload"} & set(components.schemas):
        data = components.schemas[name]["properties"]["data"]
        data["anyOf"] = [*(kinds or [{"type": "object"}]), {"type": "null"}]
    code = components.schemas["Failure"]["properties"]["code"]
    code["enum"] = [int(known) for known in FailureCode]


def _operation(operation: Operation, components: Components) -> dict[str, Any]:
    described: dict[str, Any] = {
        "operationId": operation.name,
        "summary": operation.summary,
        "parameters": _parameters(operation),
        "responses": _responses(operation, components),
    }
    if operation.public:
        described["security"] = []
    if operation.description:
        described["description"] = operation.description
    if operation.bodies:
        described["requestBody"] = {
            "required": True,
            "content": {
                media_type: {"schema": _body(imported(declared), components)}
                for media_type, declared in operation.bodies.items()
            },
        }
    if operation.calls_back:
        described["callbacks"] = {
            "callback": {
                "{$request.body#/callbackUrl}": {"$ref": "#/components/pathItems/Callback"}
            }
        }
    return described


def _body(kind: type[Struct] | Callable[[Components], Schema], components: Components) -> Schema:
    return components.ref(schema_of(kind)) if isinstance(kind, type) else kind(components)


def _parameters(operation: Operation) -> list[Schema]:
    in_path = [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "format": "uuid"},
        }
        for name in re.findall(r"{(\w+)}", operation.path)
    ]
    return [
        *in_path,
        *_parameters_of(operation.query, "query"),
        *_parameters_of(operation.headers, "header"),
    ]


def _parameters_of(model: Kind | None, place: str) -> list[Schema]:
    if model is None:
        return []
    schema = schema_of(imported(model))
    parameters = []
    for name, described in schema["properties"].items():
        kind = without_null(described)
        text = kind.pop("description", None)
        if "$ref" in kind:
            kind = schema["$defs"][kind["$ref"].rpartition("/")[2]]
            kind.pop("description", None)
        required = name in schema.get("required", [])
        parameter = {"name": name, "in": place, "required": required, "schema": kind}
        parameters.append(parameter | ({"description": text} if text else {}))
    return parameters


def _responses(operation: Operation, components: Components) -> dict[str, Any]:
    responses: dict[str, Any] = {}
    for status, declared in operation.answers.items():
        answer = imported(declared)
        if isinstance(answer, Other):
            responses[str(status)] = _other(answer)
        else:
            schema = components.ref(schema_of_answer(answer))
            summary = components.schemas[answer.__name__].get("description", "")
            responses[str(status)] = {"description": summary, "content": {JSON: {"schema": schema}}}
    if operation.leads_to:
        parameters = {"taskId": "$response.body#/taskId"}
        ordinary = responses[str(next(iter(operation.answers)))]
        ordinary["links"] = {
            name: {"operationId": name, "parameters": parameters} for name in operation.leads_to
        }
    by_status: dict[str, list[type[ServiceError]]] = {}
    for error in operation.all_errors:
        by_status.setdefault(str(error.http_status), []).append(error)
    for code, errors in sorted(by_status.items()):
        refusal = _errors(errors, components)
        if code in responses:  # health answers 503 in a form of its own
            kinds = [responses[code]["content"][JSON]["schema"], refusal["content"][JSON]["schema"]]
            responses[code]["content"][JSON]["schema"] = {"anyOf": kinds}
        else:
            responses[code] = refusal
    return responses


def _other(answer: Other) -> dict[str, Any]:
    described: dict[str, Any] = {"description": answer.description}
    if answer.media_type:
        described["content"] = {answer.media_type: {"schema": {}}}
    if answer.headers:
        described["headers"] = {
            name: {"description": text, "schema": {"type": "string"}}
            for name, text in answer.headers.items()
        }
    return described


def _errors(errors: list[type[ServiceError]], components: Components) -> dict[str, Any]:
    """One answer for all errors of a status."""
    codes = sorted({error.code for error in errors})
    told = {error.code: f"{error.code}: {error.message}" for error in errors}
    schema = {
        "allOf": [
            components.ref(schema_of_answer(Error)),
            {"properties": {"code": {"enum": codes}}},
        ]
    }
    return {
        "description": "; ".join(told[code] for code in codes),
        "content": {JSON: {"schema": schema}},
    }


def _callback(components: Components) -> dict[str, Any]:
    """The POST that a client gets."""
    headers = {
        "webhook-id": "The task's id, the same for every attempt.",
        "webhook-timestamp": "When the attempt was made, in seconds since 1970.",
        "webhook-signature": "One or two of v1,<base64>, as Standard Webhooks prescribes.",
        "User-Agent": f"Xray-Inference-Service/{__version__}",
    }
    schema = components.ref(schema_of_answer(CallbackPayload))
    return {
        "post": {
            "operationId": "callback",
            "summary": "The result of a task.",
            "description": "Delivered at least once, each time with the same bytes.",
            "parameters": [
                {
                    "name": name,
                    "in": "header",
                    "required": True,
                    "description": text,
                    "schema": {"type": "string"},
                }
                for name, text in headers.items()
            ],
            "requestBody": {"required": True, "content": {JSON: {"schema": schema}}},
            "responses": {
                "2XX": {"description": "Delivered."},
                "default": {"description": "Not delivered; tried again later."},
            },
        }
    }
