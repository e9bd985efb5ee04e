"""What the HTTP API answers about the service itself."""

from typing import Literal

from pydantic import Field

from service.answers import Answer
from service.answers.times import Time


class ServiceName(Answer):
    """What answers here."""

    service: str
    version: str


class PartDown(Answer):
    """A part that does not answer."""

    state: Literal["down"] = "down"
    detail: str


class PartUp(Answer):
    """A part that answers."""

    state: Literal["up"] = "up"


class TableUp(PartUp):
    """The table of tasks."""

    oldest_unread_seconds: int = Field(description="Age of the oldest film that waits; 0 for none.")


class QueueUp(PartUp):
    """A queue."""

    waiting: int
    in_flight: int


class WorkerState(Answer):
    """Whoever reads films; down if a film has waited for long and nobody has shown up."""

    state: Literal["up", "idle", "down"]
    last_seen_at: Time | None


class Parts(Answer):
    """Every part of the service."""

    storage: PartUp | PartDown
    table: TableUp | PartDown
    task_queue: QueueUp | PartDown
    high_task_queue: QueueUp | PartDown
    result_queue: QueueUp | PartDown
    worker: WorkerState | PartDown


class HealthState(Answer):
    """Which part is up."""

    status: Literal["healthy", "unhealthy"]
    version: str
    parts: Parts
