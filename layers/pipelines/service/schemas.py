"""Schemas of the bodies that announce or carry films: they depend on the registered task types."""

from typing import Annotated, Any

from msgspec import Meta, Struct, field

from service.batch import MAX_TASKS
from service.components import Components, schema_of, without_null
from service.operations import Schema
from service.request_bodies import MAX_KEY, AnalyzeFields
from service.uploads import MAX_UPLOAD_BYTES, UploadRequest, readable_media

_BINARY = {"type": "string", "format": "binary", "contentMediaType": "application/octet-stream"}


def film_form(components: Components) -> Schema:
    """The form of ``POST /analyze``, with the film itself or where it is."""
    schema = _fields(components)
    image = _BINARY | {"description": "The film, judged by its content and not by its name."}
    fields = {name: without_null(kind) for name, kind in schema["properties"].items()}
    del fields["uploadId"]
    ways = [{"required": ["image"]}, {"required": ["imageUrl"]}]
    return schema | {"properties": {"image": image} | fields, "oneOf": ways}


def film_fields(components: Components) -> Schema:
    """The JSON body of ``POST /analyze``, for a film that was uploaded or is to be fetched."""
    ways = [
        {"required": [name], "properties": {name: {"type": "string"}}}  # null is none
        for name in ("uploadId", "imageUrl")
    ]
    return components.named("AnalyzeFields", _fields(components) | {"oneOf": ways})


def film_batch(components: Components) -> Schema:
    """The JSON body of ``POST /batch``."""
    tasks = {
        "type": "array",
        "description": "Each is judged by itself: one that is refused is told in the answer.",
        "items": film_fields(components),
        "minItems": 1,
        "maxItems": MAX_TASKS,
    }
    return {"type": "object", "properties": {"tasks": tasks}, "required": ["tasks"]}


def announced_upload(components: Components) -> Schema:
    """The body of ``POST /uploads``."""
    schema = schema_of(UploadRequest)
    schema["properties"]["contentType"]["enum"] = readable_media(components.task_types)
    size = {"type": "integer", "minimum": 1, "maximum": MAX_UPLOAD_BYTES}
    schema["properties"]["size"] = size
    return components.named("UploadRequest", schema)


def _fields(components: Components) -> Schema:
    """What is common to all task types, and the options of each as far as it has them."""
    common = schema_of(AnalyzeFields)
    for name, kind in common.get("$defs", {}).items():
        components.named(name, kind)
    properties = dict(common["properties"])
    properties["taskType"] = {"type": "string", "enum": sorted(components.task_types)}
    options = {
        name: schema_of(task_type.options_model())
        for name, task_type in sorted(components.task_types.items())
    }
    takers: dict[str, list[str]] = {}
    for task_type, schema in options.items():
        for name, kind in schema.get("properties", {}).items():
            takers.setdefault(name, []).append(task_type)
            known = properties.setdefault(name, kind)
            if known != kind:
                properties[name] = {"anyOf": [known, kind]}
    described: Schema = {
        "type": "object",
        "properties": properties,
        "required": common["required"],
        "additionalProperties": False,
    }
    if some := {name: _for(types) for name, types in takers.items() if len(types) < len(options)}:
        described["dependentSchemas"] = some
    if asked := [_asked(name, schema) for name, schema in options.items() if "required" in schema]:
        described["allOf"] = asked
    return described


def _for(task_types: list[str]) -> Schema:
    """That an option goes with some task types only."""
    return {"properties": {"taskType": {"enum": task_types}}}


def _asked(task_type: str, options: Schema) -> Schema:
    """That a task type does not go without some options."""
    other: dict[str, Any] = {"properties": {"taskType": {"not": {"const": task_type}}}}
    return {"anyOf": [other, {"required": options["required"]}]}


class RepeatHeaders(Struct, frozen=True, kw_only=True):
    """The header that makes a post repeatable."""

    idempotency_key: Annotated[
        Annotated[str, Meta(max_length=MAX_KEY)] | None,
        Meta(description="A repeated post gets the first one's answer and is not read again."),
    ] = field(name="Idempotency-Key", default=None)
