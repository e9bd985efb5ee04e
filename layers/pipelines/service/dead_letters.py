"""What becomes of messages that their function did not come to an end with, five times over.

A dead letter says nothing about a film: its function may be broken, or a part of AWS was away. So
it counts as one lost reader, or as one failed attempt to deliver, and the task goes on; a task that
has had its share of them ends in a recorded failure with an error callback. Nothing waits in a
dead-letter queue for somebody to find it.
"""

import uuid
from datetime import timedelta
from typing import NamedTuple

from aws_lambda_powertools import Logger

from service.conclude import Conclude
from service.errors import FailureCode
from service.messages import TaskMessage
from service.payload import CallbackPayload
from service.ports import Answer, Clock, TaskStore
from service.schedule import Schedule, retry_in
from service.task import Attempt, Failure, Lease, Step, Task, TransitionRefused

logger = Logger(child=True)


class Unread(NamedTuple):
    """For the letters of the queues of tasks.

    Attributes:
        max_reads: How many lost readers end a task.
    """

    tasks: TaskStore
    clock: Clock
    conclude: Conclude
    max_reads: int

    def __call__(self, message: TaskMessage, time_left: timedelta) -> None:
        """Count a lost reader; after the last one, record that the film was not read.

        Args:
            message: Which task.
            time_left: How long this process may still run.

        Raises:
            Unavailable: A part of the service did not answer; the letter must come again.
        """
        logger.error("dead letter", extra={"step": Step.READ})  # counted by template.yaml
        task = self.tasks.get(message.key)
        if task is None:
            logger.warning("it is about no task, or an expired one")
            return
        now = self.clock.now()
        try:
            task = self.tasks.update(task, lambda t: t.unread(now))
            if task.abandoned < self.max_reads:
                return  # the sweeper sends it again
            self._fail(task, time_left)
        except TransitionRefused as why:
            logger.info("it changes nothing: %s", why)

    def _fail(self, task: Task, time_left: timedelta) -> None:
        now = self.clock.now()
        lease = Lease.for_process(str(uuid.uuid4()), time_left, now)
        task = self.tasks.update(task, lambda t: t.claimed(lease, now))
        failure = Failure(
            code=FailureCode.TIMED_OUT,
            message=f"took too long, or ended its reader, {task.abandoned} times",
        )
        logger.error("film failed: %d %s", failure.code, failure.message)
        body = CallbackPayload(task_id=task.task_id, error=failure).to_bytes()
        self.conclude(task, body, failure)


class Undelivered(NamedTuple):
    """For the letters of the queue of results."""

    tasks: TaskStore
    clock: Clock
    schedule: Schedule

    def __call__(self, message: TaskMessage, time_left: timedelta) -> None:
        """Record an attempt that failed; the next one is due by the schedule.

        Args:
            message: Which task.
            time_left: How long this process may still run.

        Raises:
            Unavailable: A part of the service did not answer; the letter must come again.
        """
        logger.error("dead letter", extra={"step": Step.DELIVER})
        task = self.tasks.get(message.key)
        if task is None:
            logger.warning("it is about no task, or an expired one")
            return
        now = self.clock.now()
        lease = Lease.for_process(str(uuid.uuid4()), time_left, now)
        failed = Answer(status=None, latency_ms=0, error="the service itself failed to send it")

        def count(task: Task) -> Task:
            task = task.delivery_claimed(lease, now)
            attempt = Attempt(at=now, status=None, latency_ms=0, error=failed.error)
            wait = retry_in(self.schedule, task.delivery.spent + 1, failed)
            return task.attempted(lease.holder, attempt, wait)

        try:
            task = self.tasks.update(task, count)
        except TransitionRefused as why:
            logger.info("it changes nothing: %s", why)
        else:
            logger.info("callback %s", task.delivery.state)
