"""The settings of the HTTP API."""

from datetime import timedelta
from typing import Annotated

from msgspec import Meta

from service.settings import Environment
from service.settings.calling import CallingSettings
from service.task import Priority

AtLeastOne = Annotated[int, Meta(ge=1)]


class CorsSettings(Environment, frozen=True, kw_only=True):
    """Whose pages may call the HTTP API: origins, or ``*`` for all; none by default."""

    cors_origins: frozenset[str] = frozenset()


class SubmitSettings(CallingSettings, frozen=True, kw_only=True):
    """For the HTTP API."""

    task_ttl_seconds: timedelta
    unsent_grace_seconds: timedelta
    worker_silence_seconds: timedelta
    infer_max_concurrency: AtLeastOne
    high_max_concurrency: AtLeastOne
    client_tasks_per_minute: AtLeastOne
    max_queued_tasks: AtLeastOne
    callback_function: str

    @property
    def places(self) -> dict[Priority, int]:
        """How many films of each priority are read at once."""
        return {
            Priority.NORMAL: self.infer_max_concurrency,
            Priority.HIGH: self.high_max_concurrency,
        }
