"""What a list shows of a task: the index holds no more."""

from datetime import datetime

from msgspec import Struct

from service.task import TaskStatus


class TaskSummary(Struct, frozen=True, kw_only=True):
    """What a list shows of a task."""

    client: str
    task_id: str
    task_type: str
    status: TaskStatus
    created_at: datetime
    completed_at: datetime | None = None
    expires_at: datetime
