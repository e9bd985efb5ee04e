"""What the HTTP API answers to those who announce films, or post many."""

from pydantic import Field

from service.answers import Answer, TaskId
from service.answers.errors import Problem
from service.answers.times import Time


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
