"""The messages between functions.

A message carries keys only: the record in the table is the truth, and a message no more than a hint
that somebody should look at it. That is why a lost, repeated or late one does no harm.
"""

from typing import Self

from msgspec import Struct

from service.task import TaskKey


class TaskMessage(Struct, frozen=True, kw_only=True):
    """Somebody should look at a task."""

    client: str
    task_id: str

    @property
    def key(self) -> TaskKey:
        """The task that somebody should look at."""
        return TaskKey(self.client, self.task_id)

    @classmethod
    def about(cls, key: TaskKey) -> Self:
        """The message for a task."""
        return cls(client=key.client, task_id=key.task_id)


class InferenceJob(TaskMessage, frozen=True, kw_only=True):
    """A film waits to be read."""


class InferenceResult(TaskMessage, frozen=True, kw_only=True):
    """A callback waits to be delivered."""
