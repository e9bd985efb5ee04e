"""The list of a client's tasks, newest first."""

import base64
import json
from datetime import datetime
from typing import Annotated, NamedTuple

from msgspec import Meta, Struct

from service.answers.tasks import TaskEntry, TaskList
from service.errors import InvalidRequest
from service.ports import Clock, Cursor, TaskStore
from service.request_bodies import uuid4_text
from service.task import TaskStatus, TaskSummary, iso

_MOST = 100
_PAGES = 10  # looked through for one answer; a rare status may need more, by the cursor


class ListRequest(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The query of ``GET /tasks``."""

    status: TaskStatus | None = None
    limit: Annotated[int, Meta(ge=1, le=_MOST)] = 20
    cursor: Annotated[str, Meta(extra_json_schema={"format": "cursor"})] | None = None

    @property
    def after(self) -> Cursor | None:
        """Where the page before ended; ``None`` for the first.

        Raises:
            InvalidRequest: The cursor is none that this service gave.
        """
        if self.cursor is None:
            return None
        try:
            created_at, task_id = json.loads(base64.urlsafe_b64decode(self.cursor))
            datetime.fromisoformat(created_at)
            return Cursor(created_at, uuid4_text(task_id))
        except (ValueError, TypeError, AttributeError, RecursionError):
            raise InvalidRequest("cursor: must be one that this service gave") from None


class Listing(NamedTuple):
    """The use case with what it needs."""

    tasks: TaskStore
    clock: Clock

    def __call__(self, client: str, request: ListRequest) -> TaskList:
        """List the caller's own tasks.

        Returns:
            A page. With a status it may be shorter than its limit before the last.

        Raises:
            InvalidRequest: The cursor is none that this service gave.
            Unavailable: The table did not answer.
        """
        now, cursor = self.clock.now(), request.after
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
        created_at=iso(task.created_at),
        completed_at=iso(task.completed_at),
    )


def _text(cursor: Cursor | None) -> str | None:
    if cursor is None:
        return None
    return base64.urlsafe_b64encode(json.dumps(cursor).encode()).decode()
