"""What the HTTP API answers about tasks and their callbacks."""

from typing import Annotated, Any

from msgspec import Meta
from msgspec.structs import asdict

from service.answers import Answer, TaskId
from service.answers.times import Time
from service.task import Attempt, DeliveryState, Failure, Priority, TaskStatus, iso


class ArtefactLink(Answer, frozen=True, kw_only=True):
    """A file that belongs to a report."""

    name: str
    media_type: str
    url: Annotated[str, Meta(description="Works for 15 minutes.")]


class Links(Answer, frozen=True, kw_only=True):
    """Where to fetch what was found; each works for 15 minutes."""

    result: Annotated[str | None, Meta(description="The callback's body, or what it links to.")]
    overlay: Annotated[
        str | None, Meta(description="The film with the reading drawn on it, as JPEG.")
    ]


class AttemptMade(Answer, frozen=True, kw_only=True):
    """One POST to the callbackUrl."""

    at: Time
    status: Annotated[int | None, Meta(description="HTTP status of the answer, if there was one.")]
    latency_ms: int
    error: Annotated[str | None, Meta(description="Why it did not count as delivered.")]
    answer: Annotated[str, Meta(description="The first bytes of the answer.")]


class TrialOutcome(AttemptMade, frozen=True, kw_only=True):
    """What became of a test callback."""

    task_id: Annotated[TaskId, Meta(description="That of the callback's body, and its webhook-id.")]
    delivered: Annotated[bool, Meta(description="Whether the answer counts as success.")]


class CallbackState(Answer, frozen=True, kw_only=True):
    """How the callback of a task stands."""

    state: DeliveryState
    next_attempt_at: Time | None
    attempts: Annotated[list[AttemptMade], Meta(description="Oldest first.")]


class Timings(Answer, frozen=True, kw_only=True):
    """How long each stage took, in milliseconds; null until it is over."""

    waited_ms: Annotated[int | None, Meta(description="From the post until a reader began.")]
    downloaded_ms: Annotated[int | None, Meta(description="Until the reader had the film.")]
    read_ms: Annotated[int | None, Meta(description="Until the film was read.")]
    delivered_ms: Annotated[int | None, Meta(description="From the result until it was delivered.")]


class TaskState(Answer, frozen=True, kw_only=True):
    """How a task stands."""

    task_id: TaskId
    task_type: str
    priority: Priority
    status: TaskStatus
    created_at: Time
    started_at: Time | None
    completed_at: Time | None
    queue_position: Annotated[
        int | None,
        Meta(description="While it is pending, approximately: 1 is the next; counted up to 1000."),
    ]
    estimated_seconds: Annotated[
        int | None, Meta(description="While it is pending, approximately: until it has been read.")
    ]
    timings: Timings
    data: Annotated[dict[str, Any] | None, Meta(description="The report, as in the callback.")]
    error: Annotated[Failure | None, Meta(description="Why the task failed, as in the callback.")]
    models: Annotated[
        dict[str, str], Meta(description="Name → version of every model that served.")
    ]
    provider: Annotated[str | None, Meta(description="What the models ran on.")]
    artefacts: list[ArtefactLink]
    links: Links
    callback: CallbackState


class TaskEntry(Answer, frozen=True, kw_only=True):
    """A task in a list."""

    task_id: TaskId
    task_type: str
    status: TaskStatus
    created_at: Time
    completed_at: Time | None


class TaskList(Answer, frozen=True, kw_only=True):
    """A page of a list, newest first."""

    tasks: list[TaskEntry]
    cursor: Annotated[str | None, Meta(description="For the next page; null on the last.")]


class Cancelled(Answer, frozen=True, kw_only=True):
    """Nobody reads on, and no callback is sent."""

    task_id: TaskId
    status: TaskStatus


def as_shown(attempt: Attempt) -> dict[str, Any]:
    """The fields of :class:`AttemptMade` for an attempt on record."""
    return asdict(attempt) | {"at": iso(attempt.at)}
