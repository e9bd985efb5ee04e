"""What a route declares: request, answers and errors of one operation, in one place.

Routing, the refusal of other methods and ``/openapi.json`` all follow from it.
"""

import importlib
from collections.abc import Callable, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple, TypeAlias

from msgspec import Struct

from service.errors import (
    ImageTooLarge,
    InvalidRequest,
    NotAuthenticated,
    NotAuthorized,
    ServiceError,
    TooManyRequests,
    Unavailable,
)

JSON = "application/json"
FORM = "multipart/form-data"
HTML = "text/html; charset=utf-8"

Schema: TypeAlias = dict[str, Any]

# A type, or where it is, ``module:name``: imported when somebody asks for the document.
Kind = type[Struct] | str
# The same, or what makes a schema of the components, wherever it is.
Body = Kind | Callable[[Any], Schema]


class Other(NamedTuple):
    """An answer that is no document of ours.

    Attributes:
        description: What it is.
        media_type: ``None`` for an answer whose body says nothing.
        headers: Name → what it says.
    """

    description: str
    media_type: str | None = None
    headers: Mapping[str, str] = MappingProxyType({})


class Operation(NamedTuple):
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
    answers: Mapping[int, Kind | Other]
    errors: tuple[type[ServiceError], ...] = ()
    bodies: Mapping[str, Body] = MappingProxyType({})
    query: Kind | None = None
    headers: Kind | None = None
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


def imported(place: Any) -> Any:
    """What an operation declares, imported if it is declared by where it is.

    Args:
        place: As declared.
    """
    if not isinstance(place, str):
        return place
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(module), name)
