"""What each function is told by its environment: read once, validated, then frozen.

Each function has a module of its own; ``films`` and ``calling`` are what several are told.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Any, Self, get_args, get_origin

import msgspec
from msgspec import Struct

# In seconds: ``0,5,300``.
Gaps = Annotated[tuple[timedelta, ...], msgspec.Meta(min_length=1)]


class Environment(Struct, frozen=True, kw_only=True):
    """Variables of the environment. A field's variable is its name in capitals.

    Of several values the variable has commas between; durations are in seconds.
    """

    @classmethod
    def load(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings.

        Args:
            environment: Usually ``os.environ``.

        Raises:
            msgspec.ValidationError: A variable is missing or malformed; the function cannot work.
        """
        given: dict[str, str | list[str]] = {}
        for field in msgspec.structs.fields(cls):
            if (name := field.name.upper()) in environment:
                text = environment[name].strip()
                given[field.name] = _parts(text) if _is_several(field.type) else text
        return msgspec.convert(given, cls, strict=False)

    def __post_init__(self) -> None:
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if isinstance(value, timedelta) and value <= timedelta():
                raise ValueError(f"{name.upper()}: must be longer than nothing")


def _is_several(kind: Any) -> bool:
    if get_origin(kind) is Annotated:
        kind = get_args(kind)[0]
    return get_origin(kind) in (tuple, frozenset)


def _parts(text: str) -> list[str]:
    return [part.strip() for part in text.split(",")] if text else []
