"""The schemas of the types that operations declare, as ``/openapi.json`` refers to them."""

from dataclasses import dataclass, field

import msgspec
from msgspec import Struct

from service.operations import Schema
from service.ports import TaskTypes

SCHEMAS = "#/components/schemas/"  # where the document has them


def schema_of(model: type[Struct]) -> Schema:
    """The schema of a type that is read here; under ``$defs`` those that it refers to.

    Args:
        model: The type.
    """
    _, kinds = msgspec.json.schema_components([model], ref_template=SCHEMAS + "{name}")
    return tidied(kinds.pop(model.__name__) | ({"$defs": kinds} if kinds else {}))


def schema_of_answer(model: type[Struct]) -> Schema:
    """The schema of a type that is written here, and always whole.

    Args:
        model: The type.
    """
    schema = schema_of(model)
    for kind in (schema, *schema.get("$defs", {}).values()):
        if "properties" in kind:
            kind["required"] = list(kind["properties"])
            for described in kind["properties"].values():
                described.pop("default", None)
    return schema


def tidied(schema: Schema) -> Schema:
    """The same, told as in a document: a docstring's first paragraph describes a type.

    Args:
        schema: With its definitions; it is changed.
    """
    for kind in (schema, *schema.get("$defs", {}).values()):
        if "description" in kind:  # the attributes that a docstring lists describe themselves
            summary, _, _ = kind["description"].partition("\n\n")
            kind["description"] = " ".join(summary.replace("``", "`").split())
        for one in (kind, *kind.get("properties", {}).values()):
            _type_enums(one)
        if not kind.get("required", True):
            del kind["required"]
    return schema


def _type_enums(schema: Schema) -> None:
    """Say that a few texts are texts, which msgspec does not; the parts of a form need it."""
    for one in (schema, *schema.get("anyOf", ())):
        if all(isinstance(value, str) for value in one.get("enum", [None])):
            one["type"] = "string"


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

    def ref(self, schema: Schema) -> Schema:
        """A reference to a schema, which is added under its title, with all that it refers to.

        Args:
            schema: With a title and its definitions.

        Raises:
            ValueError: Another schema has the same name.
        """
        for name, added in schema.pop("$defs", {}).items():
            self.named(name, added)
        return self.named(schema["title"], schema)

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
        return {"$ref": SCHEMAS + name}
