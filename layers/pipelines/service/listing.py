"""The list of a client's tasks, newest first."""

import base64
import json
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, NamedTuple, Self

from pydantic import (
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    WithJsonSchema,
)

from service.answers.tasks import TaskEntry, TaskList
from service.errors import InvalidRequest
from service.model import Model
from service.ports import Clock, Cursor, TaskStore
from service.request_bodies import first_problem, uuid4_text
from service.task import TaskStatus
from service.task_summary import TaskSummary

_MOST = 100
_PAGES = 10  # looked through for one answer; a rare status may need more, by the cursor


def _cursor(text: object) -> object:
    if not isinstance(text, str):
        return text
    try:
        created_at, task_id = json.loads(base64.urlsafe_b64decode(text))
        datetime.fromisoformat(created_at)
        return Cursor(created_at, uuid4_text(task_id))
    except (ValueError, TypeError, AttributeError, RecursionError):
        raise ValueError("must be one that this service gave") from None


class ListRequest(Model):
    """The query of ``GET /tasks``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    status: TaskStatus | None = None
    limit: int = Field(default=20, ge=1, le=_MOST)
    cursor: Annotated[
        Cursor | None,
        BeforeValidator(_cursor),
        WithJsonSchema({"type": "string", "format": "cursor"}),
    ] = None

    @classmethod
    def from_query(cls, query: Mapping[str, str]) -> Self:
        """Validate the parameters of a query.

        Raises:
            InvalidRequest: The detail names the parameter.
        """
        try:
            return cls.model_validate(dict(query))
        except ValidationError as error:
            raise InvalidRequest(first_problem(error)) from None


class Listing(NamedTuple):
    """The use case with what it needs."""

    tasks: TaskStore
    clock: Clock

    def __call__(self, client: str, request: ListRequest) -> TaskList:
        """List the caller's own tasks.

        Returns:
            A page. With a status it may be shorter than its limit before the last.

        Raises:
            Unavailable: The table did not answer.
        """
        now, cursor = self.clock.now(), request.cursor
        found: list[TaskSummary] = []
        for _ in range(_PAGES):
            page = self.tasks.page(client, request.limit - len(found), cursor)
            cursor = page.cursor
            found += [
                task
                for task in page.tasks
                if task.expires_at > now and request.status in (None, task.status)
            ]
            if cursor is None or len(found) >= request.limit:
                break
        return TaskList(tasks=[_shown(task) for task in found], cursor=_text(cursor))


def _shown(task: TaskSummary) -> TaskEntry:
    return TaskEntry(
        task_id=task.task_id,
        task_type=task.task_type,
        status=task.status,
        created_at=task.created_at,
        completed_at=task.completed_at,
    )


def _text(cursor: Cursor | None) -> str | None:
    if cursor is None:
        return None
    return base64.urlsafe_b64encode(json.dumps(cursor).encode()).decode()
