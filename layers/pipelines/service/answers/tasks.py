"""What the HTTP API answers about tasks and their callbacks."""

from typing import Any

from pydantic import Field

from service.answers import Answer, TaskId
from service.answers.times import Time
from service.task import DeliveryState, Failure, Priority, TaskStatus


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
