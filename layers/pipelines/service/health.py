"""Whether each part of the service answers."""

from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import timedelta
from typing import NamedTuple, TypeVar

from service import __version__
from service.answers.health import (
    HealthState,
    Parts,
    PartState,
    QueueState,
    TableState,
    WorkerState,
)
from service.errors import Unavailable
from service.ports import Clock, FilmStore, Queue, TaskQueues, TaskStore
from service.task import Priority, iso

_State = TypeVar("_State", PartState, TableState, QueueState, WorkerState)


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
        with ThreadPoolExecutor(6) as threads:

            def ask(check: Callable[[], _State], kind: type[_State]) -> Future[_State]:
                return threads.submit(_answer, check, kind)

            storage = ask(self._storage, PartState)
            table = ask(self._table, TableState)
            tasks = ask(lambda: _depth(self.queues[Priority.NORMAL]), QueueState)
            high = ask(lambda: _depth(self.queues[Priority.HIGH]), QueueState)
            results = ask(lambda: _depth(self.results), QueueState)
            worker = ask(self._worker, WorkerState)
        parts = Parts(
            storage=storage.result(),
            table=table.result(),
            task_queue=tasks.result(),
            high_task_queue=high.result(),
            result_queue=results.result(),
            worker=worker.result(),
        )
        healthy = all(getattr(parts, name).state != "down" for name in parts.__struct_fields__)
        return HealthState(
            status="healthy" if healthy else "unhealthy", version=__version__, parts=parts
        )

    def _storage(self) -> PartState:
        self.films.check()
        return PartState()

    def _table(self) -> TableState:
        oldest = self.tasks.oldest_unread()
        age = 0.0 if oldest is None else (self.clock.now() - oldest).total_seconds()
        return TableState(oldest_unread_seconds=round(age))

    def _worker(self) -> WorkerState:
        """Down only if a film has waited for long and nobody has shown up in all that time."""
        beat, oldest = self.tasks.last_beat(), self.tasks.oldest_unread()
        limit = self.clock.now() - self.worker_silence
        silent = beat is None or beat < limit
        waiting = oldest is not None and oldest < limit
        return WorkerState(
            state="down" if silent and waiting else "idle" if silent else "up",
            last_seen_at=iso(beat),
        )


def _depth(queue: Queue) -> QueueState:
    depth = queue.depth()
    return QueueState(waiting=depth.waiting, in_flight=depth.in_flight)


def _answer(check: Callable[[], _State], kind: type[_State]) -> _State:
    try:
        return check()
    except Unavailable as error:
        return kind(state="down", detail=error.detail)
