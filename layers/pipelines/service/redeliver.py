"""Deliver a stored result again, without reading the film again."""

from datetime import timedelta
from typing import NamedTuple

from aws_lambda_powertools import Logger

from service.errors import NotInThisState, Unavailable
from service.messages import InferenceResult
from service.ports import Clock, Queue, TaskStore
from service.task import Step, Task, TaskKey, TransitionRefused

logger = Logger(child=True)


class Redeliver(NamedTuple):
    """The use case with what it needs."""

    tasks: TaskStore
    results: Queue
    clock: Clock
    queue_patience: timedelta

    def __call__(self, key: TaskKey) -> Task:
        """Let the callback of an ended task be delivered again.

        Raises:
            NotFound: The client has no such task.
            NotInThisState: It has no result, or is being delivered at this moment.
            Unavailable: A part of the service did not answer; nothing was changed.
        """
        now = self.clock.now()
        task = self.tasks.find(key, now)
        try:
            task = self.tasks.update(task, lambda t: t.redelivery_asked(now))
        except TransitionRefused as why:
            raise NotInThisState(f"taskId: {why}") from None
        try:
            self.results.send(InferenceResult.about(task.key))
            self.tasks.note(task, lambda t: t.sent(Step.DELIVER, now, now + self.queue_patience))
        except Unavailable:
            logger.warning("callback not sent; the sweeper will", extra={"task_id": task.task_id})
        return task
