"""What each function is told by its environment: read once, validated, then frozen.

Here is what several are told; what one function alone is told has a module of its own.
"""

from collections.abc import Mapping
from datetime import timedelta
from typing import Annotated, Self

from pydantic import BeforeValidator, ConfigDict, Field

from service.model import Model


def _seconds(value: object) -> object:
    return timedelta(seconds=float(value)) if isinstance(value, str) else value


def gaps(value: object) -> object:
    """Gaps in seconds, of ``0,5,300``; what is no text stays."""
    if isinstance(value, str):
        return tuple(timedelta(seconds=float(gap)) for gap in value.split(","))
    return value


Seconds = Annotated[timedelta, BeforeValidator(_seconds), Field(gt=timedelta())]
Gaps = Annotated[tuple[timedelta, ...], BeforeValidator(gaps), Field(min_length=1)]


class Environment(Model):
    """Variables of the environment. A field's variable is its name in capitals."""

    model_config = ConfigDict(frozen=True)

    @classmethod
    def load(cls, environment: Mapping[str, str]) -> Self:
        """Read the settings.

        Args:
            environment: Usually ``os.environ``.

        Raises:
            pydantic.ValidationError: A variable is missing or malformed; the function cannot work.
        """
        return cls.model_validate(
            {
                name: environment[name.upper()]
                for name in cls.model_fields
                if name.upper() in environment
            }
        )
