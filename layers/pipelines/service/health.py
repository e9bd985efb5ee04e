"""Whether each part of the service answers."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from service import __version__
from service.errors import Unavailable
from service.ports import Clock, Depth, FilmStore, Queue, TaskStore

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
        """Ask every part.

        Returns:
            Whether all are up, and the state of each by name.
        """
        depths: dict[str, Depth] = {}
        parts = {
            "storage": _part(self.films.check),
            "table": _part(self.tasks.last_beat),
            "taskQueue": _part(lambda: depths.update(task=self.queue.depth())),
            "resultQueue": _part(lambda: depths.update(result=self.results.depth())),
        }
        for name, depth in (
            ("taskQueue", depths.get("task")),
            ("resultQueue", depths.get("result")),
        ):
            if depth:
                parts[name] |= {"waiting": depth.waiting, "inFlight": depth.in_flight}
        parts["worker"] = self._worker(depths.get("task"))
        healthy = all(part["state"] != _DOWN for part in parts.values())
        return healthy, {
            "status": "healthy" if healthy else "unhealthy",
            "version": __version__,
            "parts": parts,
        }

    def _worker(self, depth: Depth | None) -> dict[str, Any]:
        """Down only if films wait, none is in hand, and nobody has shown up for long."""
        try:
            beat = self.tasks.last_beat()
        except Unavailable:
            return {"state": "unknown"}
        seen = {
            "lastSeenAt": beat.isoformat(timespec="seconds").replace("+00:00", "Z")
            if beat
            else None
        }
        silent = beat is None or self.clock.now() - beat > self.worker_silence
        if silent and depth and depth.waiting and not depth.in_flight:
            return {"state": _DOWN, **seen}
        return {"state": "idle" if silent else _UP, **seen}


def _part(check: Callable[[], object]) -> dict[str, Any]:
    try:
        check()
    except Unavailable as error:
        return {"state": _DOWN, "detail": error.detail}
    return {"state": _UP}
