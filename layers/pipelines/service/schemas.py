"""Schemas of the bodies that carry films: their fields depend on the registered task types."""

from typing import Any

from service.batch import MAX_TASKS
from service.messages import AnalyzeRequest
from service.operations import Components, Schema, schema_of

_BINARY = {"type": "string", "format": "binary", "contentMediaType": "application/octet-stream"}


def film_form(components: Components) -> Schema:
    """The form of ``POST /analyze``, with the film itself or where it is."""
    schema = _fields(components, without="uploadId")
    image = _BINARY | {"description": "The film, judged by its content and not by its name."}
    return schema | {
        "properties": {"image": image} | schema["properties"],
        "oneOf": _one_of("image", "imageUrl"),
    }


def film_fields(components: Components) -> Schema:
    """The JSON body of ``POST /analyze``, for a film that was uploaded or is to be fetched."""
    if "AnalyzeFields" not in components.schemas:
        ways = {"oneOf": _one_of("uploadId", "imageUrl")}
        components.schemas["AnalyzeFields"] = _fields(components) | ways
    return {"$ref": "#/components/schemas/AnalyzeFields"}


def film_batch(components: Components) -> Schema:
    """The JSON body of ``POST /batch``."""
    tasks = {
        "type": "array",
        "items": film_fields(components),
        "minItems": 1,
        "maxItems": MAX_TASKS,
    }
    return {"type": "object", "properties": {"tasks": tasks}, "required": ["tasks"]}


def _one_of(*ways_in: str) -> list[Schema]:
    """That a film comes in one way."""
    return [{"required": [name]} for name in ways_in]


def _fields(components: Components, without: str = "") -> Schema:
    """What is common to all task types, and the options of each as far as it has them."""
    common = schema_of(AnalyzeRequest)
    own = {field.alias for field in AnalyzeRequest.model_fields.values() if field.alias}
    properties = {n: s for n, s in common["properties"].items() if n in own and n != without}
    types = components.task_types
    properties["taskType"] = {"type": "string", "enum": sorted(types)}
    options = {name: schema_of(types[name].options) for name in sorted(types)}
    offered: dict[str, list[Any]] = {}
    for schema in options.values():
        for name, option in schema.get("properties", {}).items():
            if option not in offered.setdefault(name, []):
                offered[name].append(option)
    for name, kinds in offered.items():
        properties[name] = kinds[0] if len(kinds) == 1 else {"anyOf": kinds}
    return {
        "type": "object",
        "properties": properties,
        "required": [name for name in common["required"] if name in properties],
        "additionalProperties": False,
        "allOf": [_own(name, schema, set(offered)) for name, schema in options.items()],
    }


def _own(task_type: str, options: Schema, offered: set[str]) -> Schema:
    """That a task of one type takes its own options and no others."""
    foreign = sorted(offered - set(options.get("properties", {})))
    return {
        "if": {"properties": {"taskType": {"const": task_type}}},
        "then": {
            "properties": dict.fromkeys(foreign, False),
            "required": options.get("required", []),
        },
    }
