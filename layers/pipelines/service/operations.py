"""What a route declares: request, answers and errors of one operation, in one place.

Routing, the refusal of other methods and ``/openapi.json`` all follow from it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal, TypeAlias

from pydantic import BaseModel
from pydantic.json_schema import GenerateJsonSchema

from service.errors import (
    ImageTooLarge,
    InvalidRequest,
    NotAuthenticated,
    NotAuthorized,
    ServiceError,
    TooManyRequests,
    Unavailable,
)
from service.ports import TaskTypes

JSON = "application/json"
FORM = "multipart/form-data"
HTML = "text/html; charset=utf-8"

Schema: TypeAlias = dict[str, Any]


class _Untitled(GenerateJsonSchema):
    """A key's name says what its title would."""

    def field_title_should_be_set(self, schema: Any) -> bool:  # noqa: ARG002
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


# A type, or what makes a schema of the registered task types.
Body = type[BaseModel] | Callable[[Components], Schema]


@dataclass(frozen=True)
class Other:
    """An answer that is no document of ours.

    Attributes:
        description: What it is.
        media_type: ``None`` for an answer whose body says nothing.
        headers: Name → what it says.
    """

    description: str
    media_type: str | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Operation:
    """One method of one path.

    Attributes:
        method: In capitals.
        path: With its parameters in braces: ``/api/v1/task/{taskId}``.
        answers: HTTP status → what is answered; the first is the ordinary one.
        errors: What may be wrong, besides what may be wrong with every operation.
        bodies: Media type → what the request may carry.
        query: The parameters of the query.
        headers: The headers that are looked at.
        calls_back: Whether it leads to a callback.
        leads_to: Names of operations on the task whose id is answered.
        public: Whether it is served to anybody; the gateway must be told too, in template.yaml.
        name: Unique; that of the handler where there is none.
        summary: One line; the first of the handler's docstring.
        description: The rest of it.
    """

    method: str
    path: str
    answers: Mapping[int, type[BaseModel] | Other]
    errors: tuple[type[ServiceError], ...] = ()
    bodies: Mapping[str, Body] = field(default_factory=dict)
    query: type[BaseModel] | None = None
    headers: type[BaseModel] | None = None
    calls_back: bool = False
    leads_to: tuple[str, ...] = ()
    public: bool = False
    name: str = ""
    summary: str = ""
    description: str = ""

    @property
    def all_errors(self) -> tuple[type[ServiceError], ...]:
        """The declared errors, and those that any such operation may end in."""
        asked = (InvalidRequest,) if self.bodies or self.query or self.headers else ()
        carried = (ImageTooLarge,) if self.bodies else ()  # the gateway's own limit
        closed = () if self.public else (NotAuthenticated, NotAuthorized)
        return tuple(
            dict.fromkeys((*self.errors, *closed, *asked, *carried, TooManyRequests, Unavailable))
        )
