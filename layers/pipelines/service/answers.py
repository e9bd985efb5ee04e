"""What the HTTP API answers, in the contract's form.

Keys are camelCase, times UTC to the millisecond; a key that has no value is ``null`` and not left
out. ``/openapi.json`` describes an answer by its type here.
"""

from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import ConfigDict, Field, PlainSerializer, WithJsonSchema
from pydantic.alias_generators import to_camel

from service.model import Model
from service.task import DeliveryState, Failure, Priority, TaskStatus, iso

Time = Annotated[
    datetime,
    PlainSerializer(iso, return_type=str),
    WithJsonSchema({"type": "string", "format": "date-time"}),
]
TaskId = Annotated[str, WithJsonSchema({"type": "string", "format": "uuid"})]


class Answer(Model):
    """What every answer has in common."""

    model_config = ConfigDict(
        frozen=True, alias_generator=to_camel, populate_by_name=True, serialize_by_alias=True
    )


class Problem(Answer):
    """What was wrong with a request."""

    code: int = Field(description="The contract's number.")
    message: str = Field(description="The same for every error of a code.")
    detail: str = Field(description="What exactly was wrong; begins with the field, if one was.")


class Error(Problem):
    """The answer to every request that is refused or fails."""

    request_id: str


class Accepted(Answer):
    """What was asked for will be done."""

    task_id: TaskId
    status: Literal["accepted"] = "accepted"
    message: str = "Task queued successfully"


class Rejected(Answer):
    """One task of a batch that was not accepted."""

    task_id: str | None = Field(description="As it was sent; null if it was no text.")
    error: Problem


class BatchOutcome(Answer):
    """What became of each task of a batch, in the order of the request."""

    count: int = Field(description="How many were accepted.")
    accepted: list[TaskId]
    rejected: list[Rejected]


class Upload(Answer):
    """Where to post a film: these fields first, then the file as ``file``."""

    upload_id: TaskId = Field(description="For POST /api/v1/analyze.")
    url: str
    fields: dict[str, str]
    expires_at: Time


class ArtefactLink(Answer):
    """A file that belongs to a report."""

    name: str
    media_type: str
    url: str = Field(description="Works for 15 minutes.")


class Links(Answer):
    """Where to fetch what was found; each works for 15 minutes."""

    result: str | None = Field(description="The callback's body, or what it links to.")
    overlay: str | None = Field(description="The film with the reading drawn on it, as JPEG.")


class AttemptMade(Answer):
    """One POST to the callbackUrl."""

    at: Time
    status: int | None = Field(description="HTTP status of the answer, if there was one.")
    latency_ms: int
    error: str | None = Field(description="Why it did not count as delivered.")
    answer: str = Field(description="The first bytes of the answer.")


class TrialOutcome(AttemptMade):
    """What became of a test callback."""

    task_id: TaskId = Field(description="That of the callback's body, and its webhook-id.")
    delivered: bool = Field(description="Whether the answer counts as success.")


class CallbackState(Answer):
    """How the callback of a task stands."""

    state: DeliveryState
    next_attempt_at: Time | None
    attempts: list[AttemptMade] = Field(description="Oldest first.")


class Timings(Answer):
    """How long each stage took, in milliseconds; null until it is over."""

    waited_ms: int | None = Field(description="From the post until a reader began.")
    downloaded_ms: int | None = Field(description="Until the reader had the film.")
    read_ms: int | None = Field(description="Until the film was read.")
    delivered_ms: int | None = Field(description="From the result until it was delivered.")


class TaskState(Answer):
    """How a task stands."""

    task_id: TaskId
    task_type: str
    priority: Priority
    status: TaskStatus
    created_at: Time
    started_at: Time | None
    completed_at: Time | None
    queue_position: int | None = Field(
        description="While it is pending, approximately: 1 is the next; counted up to 1000."
    )
    estimated_seconds: int | None = Field(
        description="While it is pending, approximately: until it has been read."
    )
    timings: Timings
    data: dict[str, Any] | None = Field(description="The report, as in the callback.")
    error: Failure | None = Field(description="Why the task failed, as in the callback.")
    models: dict[str, str] = Field(description="Name → version of every model that served.")
    provider: str | None = Field(description="What the models ran on.")
    artefacts: list[ArtefactLink]
    links: Links
    callback: CallbackState


class TaskEntry(Answer):
    """A task in a list."""

    task_id: TaskId
    task_type: str
    status: TaskStatus
    created_at: Time
    completed_at: Time | None


class TaskList(Answer):
    """A page of a list, newest first."""

    tasks: list[TaskEntry]
    cursor: str | None = Field(description="For the next page; null on the last.")


class Cancelled(Answer):
    """Nobody reads on, and no callback is sent."""

    task_id: TaskId
    status: TaskStatus


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
