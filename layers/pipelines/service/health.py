"""Whether each part of the service answers."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import NamedTuple

from service import __version__
from service.answers.health import (
    HealthState,
    PartDown,
    Parts,
    PartUp,
    QueueUp,
    TableUp,
    WorkerState,
)
from service.errors import Unavailable
from service.ports import Clock, FilmStore, Queue, TaskQueues, TaskStore
from service.task import Priority

_Part = PartUp | PartDown | WorkerState


class Health(NamedTuple):
    """The use case with what it needs."""

    tasks: TaskStore
    films: FilmStore
    queues: TaskQueues
    results: Queue
    clock: Clock
    worker_silence: timedelta

    def __call__(self) -> HealthState:
        """Ask every part, all at once: one that hangs does not keep the others from answering.

        Returns:
            The state of each; healthy if all are up.
        """
        checks: dict[str, Callable[[], _Part]] = {
            "storage": self._storage,
            "table": self._table,
            "task_queue": lambda: _depth(self.queues[Priority.NORMAL]),
            "high_task_queue": lambda: _depth(self.queues[Priority.HIGH]),
            "result_queue": lambda: _depth(self.results),
            "worker": self._worker,
        }
        with ThreadPoolExecutor(len(checks)) as threads:
            parts = dict(zip(checks, threads.map(_part, checks.values()), strict=True))
        healthy = all(part.state != "down" for part in parts.values())
        return HealthState(
            status="healthy" if healthy else "unhealthy",
            version=__version__,
            parts=Parts.model_validate(parts),
        )

    def _storage(self) -> PartUp:
        self.films.check()
        return PartUp()

    def _table(self) -> TableUp:
        oldest = self.tasks.oldest_unread()
        age = 0.0 if oldest is None else (self.clock.now() - oldest).total_seconds()
        return TableUp(oldest_unread_seconds=round(age))

    def _worker(self) -> WorkerState:
        """Down only if a film has waited for long and nobody has shown up in all that time."""
        beat, oldest = self.tasks.last_beat(), self.tasks.oldest_unread()
        limit = self.clock.now() - self.worker_silence
        silent = beat is None or beat < limit
        waiting = oldest is not None and oldest < limit
        return WorkerState(
            state="down" if silent and waiting else "idle" if silent else "up", last_seen_at=beat
        )


def _depth(queue: Queue) -> QueueUp:
    depth = queue.depth()
    return QueueUp(waiting=depth.waiting, in_flight=depth.in_flight)


def _part(check: Callable[[], _Part]) -> _Part:
    try:
        return check()
    except Unavailable as error:
        return PartDown(detail=error.detail)
