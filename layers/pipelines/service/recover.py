"""The sweeper: send again whatever is due and has nobody working on it.

It decides nothing about a task. It sends the same message that a live process would have sent, and
the record refuses what is no longer needed; so it may run at any time, twice at once, or late.
"""

from collections import Counter
from datetime import datetime, timedelta
from typing import NamedTuple

from aws_lambda_powertools import Logger
from msgspec import ValidationError

from service.errors import Unavailable
from service.messages import InferenceJob, InferenceResult
from service.ports import Clock, Queue, TaskQueues, TaskStore
from service.task import Step, TaskKey

logger = Logger(child=True)

_RESERVE = timedelta(seconds=10)  # for the call that is under way when the time is over


class Recover(NamedTuple):
    """The use case with what it needs.

    Attributes:
        batch: The most tasks that one sweep looks at; what is left comes with the next.
    """

    tasks: TaskStore
    queues: TaskQueues
    results: Queue
    clock: Clock
    queue_patience: timedelta
    batch: int = 500

    def __call__(self, time_left: timedelta, horizon: datetime | None = None) -> int:
        """Sweep once.

        Args:
            time_left: How long this process may still run.
            horizon: Whatever is due by then is sent now; nothing before its time if left out.

        Returns:
            How many messages were sent again.

        Raises:
            Unavailable: A part of the service did not answer, or a record is unreadable; whatever
                else was due has been sent all the same.
        """
        started = self.clock.now()
        end = started + time_left - _RESERVE
        horizon = horizon or started
        sent, troubles = 0, Counter[str]()
        for key in self.tasks.due(horizon, self.batch):
            if self.clock.now() > end:
                break
            try:
                sent += self._look(key, horizon, troubles)
            except Unavailable as error:
                troubles[error.detail] += 1
            except ValidationError:  # one record from another version must not hide the rest
                logger.error("unreadable record", extra={"task_id": key.task_id})
                troubles["unreadable record"] += 1
        if troubles:
            raise Unavailable(", ".join(f"{what} ({n})" for what, n in troubles.items()))
        return sent

    def _look(self, key: TaskKey, horizon: datetime, troubles: Counter[str]) -> bool:
        now = self.clock.now()
        task = self.tasks.get(key)
        if task is None or task.due_at is None or task.due_at > horizon or task.occupied(now):
            return False  # the index lags behind the table, or somebody is at it
        step = task.waits_for
        look_again_at = now + self.queue_patience
        if step is None:
            self.tasks.note(task, lambda t: t.sent(Step.READ, now, look_again_at))
            return False
        queue = f"{task.priority} {step}" if step is Step.READ else step
        if queue in troubles:
            return False  # its queue is down: nothing is gained by asking once more
        logger.warning(
            "due and untouched: sent again", extra={"task_id": task.task_id, "step": step}
        )
        try:
            if step is Step.READ:
                self.queues[task.priority].send(InferenceJob.about(task.key))
            else:
                self.results.send(InferenceResult.about(task.key))
        except Unavailable:
            troubles[queue] += 1
            return False
        self.tasks.note(task, lambda t: t.sent(step, now, look_again_at))
        return True
