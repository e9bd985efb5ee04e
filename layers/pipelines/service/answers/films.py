"""What the HTTP API answers to those who announce films, or post many."""

from typing import Annotated

from msgspec import Meta

from service.answers import Answer, TaskId
from service.answers.errors import Problem
from service.answers.times import Time


class Rejected(Answer, frozen=True, kw_only=True):
    """One task of a batch that was not accepted."""

    task_id: Annotated[str | None, Meta(description="As it was sent; null if it was no text.")]
    error: Problem


class BatchOutcome(Answer, frozen=True, kw_only=True):
    """What became of each task of a batch, in the order of the request."""

    count: Annotated[int, Meta(description="How many were accepted.")]
    accepted: list[TaskId]
    rejected: list[Rejected]


class Upload(Answer, frozen=True, kw_only=True):
    """Where to post a film: these fields first, then the file as ``file``."""

    upload_id: Annotated[TaskId, Meta(description="For POST /api/v1/analyze.")]
    url: str
    fields: dict[str, str]
    expires_at: Time
