"""End the reading of a film: store what came of it, record it, and say that a callback is due."""

from datetime import timedelta
from typing import NamedTuple

from aws_lambda_powertools import Logger

from service.errors import Unavailable
from service.messages import InferenceResult
from service.outcomes import outcome_key
from service.ports import Clock, FilmStore, Queue, TaskStore
from service.task import Failure, StageTimes, Step, Task

logger = Logger(child=True)


class Conclude(NamedTuple):
    """What every end of a reading has in common, with what it needs."""

    tasks: TaskStore
    films: FilmStore
    results: Queue
    clock: Clock
    queue_patience: timedelta

    def __call__(
        self, task: Task, body: bytes, failure: Failure | None, times: StageTimes | None = None
    ) -> Task:
        """Let a task end.

        Args:
            task: As this process has claimed it.
            body: Of the callback.
            failure: What it tells of, if anything failed.
            times: What this process took over it, if it read the film.

        Raises:
            LeaseLost: Another process has taken the task over; nothing is changed.
            Unavailable: The outcome is not recorded; what comes after that need not succeed.
        """
        key = outcome_key(task)
        self.films.put_outcome(key, body)
        now = self.clock.now()
        task = self.tasks.update(task, lambda t: t.finished(task.fence, key, failure, now, times))
        logger.info("film %s", task.status, extra={"task_type": task.task_type})
        self._announce(task)
        self.remove_film(task)
        return task

    def remove_film(self, task: Task) -> None:
        """Remove the film of a task that has ended."""
        try:
            self.films.delete_film(task.film_key)
        except Unavailable:
            logger.warning("film not removed; the bucket's lifecycle will")

    def _announce(self, task: Task) -> None:
        try:
            self.results.send(InferenceResult.about(task.key))
            now = self.clock.now()
            self.tasks.note(task, lambda t: t.sent(Step.DELIVER, now, now + self.queue_patience))
        except Unavailable:
            logger.warning("result not sent; the sweeper will")
