"""Whether each part of the service answers."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from service import __version__
from service.errors import Unavailable
from service.ports import Clock, FilmStore, Queue, TaskStore
from service.task import iso

_UP, _DOWN = "up", "down"


@dataclass(frozen=True)
class Health:
    """The use case with what it needs."""

    tasks: TaskStore
    films: FilmStore
    queue: Queue
    results: Queue
    clock: Clock
    worker_silence: timedelta

    def __call__(self) -> tuple[bool, dict[str, Any]]:
        """Ask every part, all at once: one that hangs does not keep the others from answering.

        Returns:
            Whether all are up, and the state of each by name.
        """
        checks: dict[str, Callable[[], dict[str, Any]]] = {
            "storage": self._storage,
            "table": self._table,
            "taskQueue": lambda: _depth(self.queue),
            "resultQueue": lambda: _depth(self.results),
            "worker": self._worker,
        }
        with ThreadPoolExecutor(len(checks)) as threads:
            parts = dict(zip(checks, threads.map(_part, checks.values()), strict=True))
        healthy = all(part["state"] != _DOWN for part in parts.values())
        return healthy, {
            "status": "healthy" if healthy else "unhealthy",
            "version": __version__,
            "parts": parts,
        }

    def _storage(self) -> dict[str, Any]:
        self.films.check()
        return {}

    def _table(self) -> dict[str, Any]:
        oldest = self.tasks.oldest_unread()
        age = 0.0 if oldest is None else (self.clock.now() - oldest).total_seconds()
        return {"oldestUnreadSeconds": round(age)}

    def _worker(self) -> dict[str, Any]:
        """Down only if a film has waited for long and nobody has shown up in all that time."""
        beat, oldest = self.tasks.last_beat(), self.tasks.oldest_unread()
        limit = self.clock.now() - self.worker_silence
        silent = beat is None or beat < limit
        waiting = oldest is not None and oldest < limit
        state = _DOWN if silent and waiting else "idle" if silent else _UP
        return {"state": state, "lastSeenAt": iso(beat)}


def _depth(queue: Queue) -> dict[str, Any]:
    depth = queue.depth()
    return {"waiting": depth.waiting, "inFlight": depth.in_flight}


def _part(check: Callable[[], dict[str, Any]]) -> dict[str, Any]:
    try:
        return {"state": _UP} | check()
    except Unavailable as error:
        return {"state": _DOWN, "detail": error.detail}
