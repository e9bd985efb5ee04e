"""What the HTTP API answers about the service itself."""

from typing import Annotated, Literal

from msgspec import Meta

from service.answers import Answer
from service.answers.times import Time


class ServiceName(Answer, frozen=True, kw_only=True):
    """What answers here."""

    service: str
    version: str


class PartState(Answer, frozen=True, kw_only=True):
    """A part of the service."""

    state: Literal["up", "down"] = "up"
    detail: Annotated[str | None, Meta(description="Why it is down.")] = None


class TableState(PartState, frozen=True, kw_only=True):
    """The table of tasks."""

    oldest_unread_seconds: Annotated[
        int | None, Meta(description="Age of the oldest film that waits; 0 for none.")
    ] = None


class QueueState(PartState, frozen=True, kw_only=True):
    """A queue."""

    waiting: int | None = None
    in_flight: int | None = None


class WorkerState(Answer, frozen=True, kw_only=True):
    """Whoever reads films; down if a film has waited for long and nobody has shown up."""

    state: Literal["up", "idle", "down"]
    detail: Annotated[str | None, Meta(description="Why nobody can say.")] = None
    last_seen_at: Time | None = None


class Parts(Answer, frozen=True, kw_only=True):
    """Every part of the service."""

    storage: PartState
    table: TableState
    task_queue: QueueState
    high_task_queue: QueueState
    result_queue: QueueState
    worker: WorkerState


class HealthState(Answer, frozen=True, kw_only=True):
    """Which part is up."""

    status: Literal["healthy", "unhealthy"]
    version: str
    parts: Parts
