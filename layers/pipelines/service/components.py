"""The schemas of the types that operations declare, as ``/openapi.json`` refers to them."""

from dataclasses import dataclass, field
from typing import Literal

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from service.operations import Schema
from service.ports import TaskTypes


class _Untitled(GenerateJsonSchema):
    """A key's name says what its title would."""

    def field_title_should_be_set(self, schema: object) -> bool:  # noqa: ARG002
        return False


def schema_of(
    model: type[BaseModel], mode: Literal["validation", "serialization"] = "validation"
) -> Schema:
    """The schema of a type, which refers to others under ``#/components/schemas``.

    Args:
        model: The type.
        mode: Whether it is read here or written here.
    """
    schema = model.model_json_schema(
        mode=mode, ref_template="#/components/schemas/{model}", schema_generator=_Untitled
    )
    for described in (schema, *schema.get("$defs", {}).values()):
        if "description" in described:  # the attributes that a docstring lists describe themselves
            summary, _, _ = described["description"].partition("\n\n")
            described["description"] = summary.replace("``", "`").replace("\n", " ")
    return schema


def without_null(schema: Schema) -> Schema:
    """A schema for where ``null`` cannot be said: in forms and parameters a key is left out."""
    kinds = [kind for kind in schema.get("anyOf", []) if kind != {"type": "null"}]
    kept = {key: value for key, value in schema.items() if key != "anyOf"}
    if kept.get("default", ...) is None:
        del kept["default"]
    return (kinds[0] if len(kinds) == 1 else {"anyOf": kinds} if kinds else {}) | kept


@dataclass
class Components:
    """The schemas of types, each under its name, once.

    Attributes:
        task_types: The registered task types, whose options are part of some bodies.
    """

    task_types: TaskTypes
    schemas: dict[str, Schema] = field(default_factory=dict)

    def ref(self, model: type[BaseModel], mode: Literal["validation", "serialization"]) -> Schema:
        """A reference to the schema of a type, which is added with all that it refers to.

        Args:
            model: The type.
            mode: Whether it is read here or written here.

        Raises:
            ValueError: Another schema has the same name.
        """
        schema = schema_of(model, mode)
        for name, added in schema.pop("$defs", {}).items():
            self.named(name, added)
        return self.named(model.__name__, schema)

    def named(self, name: str, schema: Schema) -> Schema:
        """A reference to a schema, which is added under a name.

        Args:
            name: Unique.
            schema: Without definitions of its own.

        Raises:
            ValueError: Another schema has the same name.
        """
        if self.schemas.setdefault(name, schema) != schema:
            raise ValueError(f"two schemas are named {name}")
        return {"$ref": f"#/components/schemas/{name}"}
