"""The settings of the HTTP API."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from service.settings import Environment, Seconds
from service.settings.calling import CallingSettings
from service.task import Priority


def _words(value: object) -> object:
    return frozenset(filter(None, value.split(","))) if isinstance(value, str) else value


class CorsSettings(Environment):
    """Whose pages may call the HTTP API: origins, or ``*`` for all; none by default."""

    cors_origins: Annotated[frozenset[str], BeforeValidator(_words)] = frozenset()


class SubmitSettings(CallingSettings):
    """For the HTTP API."""

    task_ttl_seconds: Seconds
    unsent_grace_seconds: Seconds
    worker_silence_seconds: Seconds
    infer_max_concurrency: int = Field(ge=1)
    high_max_concurrency: int = Field(ge=1)
    client_tasks_per_minute: int = Field(ge=1)
    max_queued_tasks: int = Field(ge=1)
    callback_function: str

    @property
    def places(self) -> dict[Priority, int]:
        """How many films of each priority are read at once."""
        return {
            Priority.NORMAL: self.infer_max_concurrency,
            Priority.HIGH: self.high_max_concurrency,
        }
