"""Make one attempt to deliver a callback, record it, and say when the next is due."""

import math
import uuid
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import NamedTuple

from aws_lambda_powertools import Logger

from service.errors import Unavailable
from service.messages import InferenceResult
from service.ports import Answer, Clock, Courier, FilmStore, Queue, TaskStore, VersionConflict
from service.schedule import Schedule, retry_in
from service.signatures import Signer
from service.task import Attempt, Lease, NothingToDo, Task

logger = Logger(child=True)

# Longer gaps are left to the sweeper: a message that hides for hours counts towards the queue's
# limit of messages in flight, and one dead client could stall everyone.
LONGEST_DELAY = timedelta(minutes=15)


class Deliver(NamedTuple):
    """The use case with what it needs.

    Attributes:
        schedule: The gap before each attempt; its length is the number of attempts.
    """

    tasks: TaskStore
    films: FilmStore
    results: Queue
    courier: Courier
    signer: Signer
    clock: Clock
    schedule: Schedule

    def __call__(self, message: InferenceResult, time_left: timedelta) -> None:
        """Make the attempt that is due, if one is.

        Args:
            message: Which task.
            time_left: How long this process may still run; the lease lasts a little longer.

        Raises:
            LeaseHeld: Another live process is delivering it; the message must come again.
            Unavailable: A part of the service did not answer; the message must come again.
        """
        holder = str(uuid.uuid4())
        task = self._claim(message, holder, time_left)
        if task is None:
            return
        if task.delivery.spent >= len(self.schedule):  # by processes that died over them
            task = self.tasks.update(task, lambda t: t.exhausted(holder))
            logger.info("callback %s", task.delivery.state, extra=_noted(task))
            return
        at = self.clock.now()
        answer = self._post(task, at)
        attempt = attempt_of(at, answer)
        wait = retry_in(self.schedule, task.delivery.spent + 1, answer) if attempt.error else None
        task = self.tasks.update(task, lambda t: t.attempted(holder, attempt, wait))
        logger.info(
            "callback %s",
            task.delivery.state,
            extra=_noted(task) | {"http_status": attempt.status, "error": attempt.error},
        )
        if wait is not None and wait <= LONGEST_DELAY:
            self._send_later(task, wait)

    def _claim(self, message: InferenceResult, holder: str, time_left: timedelta) -> Task | None:
        task = self.tasks.get(message.key)
        if task is None:
            logger.warning("no such task, or expired")
            return None
        now = self.clock.now()
        lease = Lease.for_process(holder, time_left, now)
        try:
            return self.tasks.update(task, lambda t: t.delivery_claimed(lease, now))
        except NothingToDo as why:
            logger.info("nothing to deliver: %s", why)
            return None

    def _post(self, task: Task, at: datetime) -> Answer:
        body = self.films.get_outcome(task.outcome_key) if task.outcome_key else None
        if body is None:
            return Answer(status=None, latency_ms=0, error="the stored result has expired")
        headers = self.signer.headers(task.key, at, body)
        return self.courier.post(task.delivery.url, body, headers)

    def _send_later(self, task: Task, wait: timedelta) -> None:
        # Rounded up, so that the message does not arrive before the attempt is due.
        delay = min(timedelta(seconds=math.ceil(wait.total_seconds()) + 1), LONGEST_DELAY)
        try:
            self.results.send(InferenceResult.about(task.key), delay)
        except (Unavailable, VersionConflict):
            logger.warning("next attempt not sent; the sweeper will")


def _noted(task: Task) -> dict[str, str]:
    """What the log tells of a task, and the metrics of template.yaml read."""
    return {"task_type": task.task_type, "delivery": task.delivery.state}


def attempt_of(at: datetime, answer: Answer) -> Attempt:
    """What is told of an attempt.

    Args:
        at: When it was made.
        answer: What the receiver answered; a 2xx counts as delivered.
    """
    return Attempt(
        at=at,
        status=answer.status,
        latency_ms=answer.latency_ms,
        error=_why_not_delivered(answer),
        answer=answer.head,
    )


def _why_not_delivered(answer: Answer) -> str | None:
    if answer.status is None:
        return answer.error or "no answer"
    if 200 <= answer.status < 300:
        return None
    if 300 <= answer.status < 400:
        return f"answered {answer.status}; redirects are not followed"
    if answer.status == HTTPStatus.GONE:
        return "answered 410; not tried again"
    return f"answered {answer.status}"
