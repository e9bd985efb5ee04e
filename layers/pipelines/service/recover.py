"""The sweeper: send again whatever is due and has nobody working on it.

It decides nothing about a task. It sends the same message that a live process would have sent, and
the record refuses what is no longer needed; so it may run at any time, twice at once, or late.
"""

from dataclasses import dataclass
from datetime import timedelta

from aws_lambda_powertools import Logger

from service.messages import InferenceJob, InferenceResult
from service.ports import Clock, Queue, TaskStore, VersionConflict
from service.task import Step, Task

logger = Logger(child=True)


@dataclass(frozen=True)
class Recover:
    """The use case with what it needs.

    Attributes:
        batch: The most tasks that one sweep looks at; what is left comes with the next.
    """

    tasks: TaskStore
    queue: Queue
    results: Queue
    clock: Clock
    queue_patience: timedelta
    batch: int = 500

    def __call__(self) -> int:
        """Sweep once.

        Returns:
            How many messages were sent again.

        Raises:
            Unavailable: A part of the service did not answer; the next sweep begins anew.
        """
        now = self.clock.now()
        sent = 0
        for key in self.tasks.due(now, self.batch):
            task = self.tasks.get(key)
            if task is None or task.due_at is None or task.due_at > now:
                continue  # the index lags behind the table
            sent += self._send(task)
        return sent

    def _send(self, task: Task) -> bool:
        step = task.waits_for
        if step is None:
            return False
        logger.warning(
            "due and untouched: sent again", extra={"task_id": task.task_id, "step": step}
        )
        if step is Step.READ:
            self.queue.send(InferenceJob.about(task.key))
        else:
            self.results.send(InferenceResult.about(task.key))
        now = self.clock.now()
        try:
            self.tasks.update(task, lambda t: t.sent(step, now, now + self.queue_patience))
        except VersionConflict:
            logger.info("somebody is already at it")
        return True
