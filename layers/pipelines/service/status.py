"""What a client may know about its task."""

import json
import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from service.answers.tasks import (
    ArtefactLink,
    AttemptMade,
    CallbackState,
    Links,
    TaskState,
    Timings,
    as_shown,
)
from service.errors import NotInThisState, Unavailable
from service.outcomes import artefact_key, report_key
from service.ports import Clock, FilmStore, TaskStore
from service.task import Priority, Task, TaskKey, TaskStatus, iso

_COUNTED = 1000  # of those who wait before; beyond, nobody needs to know exactly
_OVERLAY = "overlay"  # the artefact of those task types that draw their reading
_LIFETIME = timedelta(minutes=15)  # of a link; asking again gives a fresh one


class Status(NamedTuple):
    """The use case with what it needs.

    Attributes:
        places: How many films of each priority are read at once.
    """

    tasks: TaskStore
    films: FilmStore
    clock: Clock
    places: Mapping[Priority, int]

    def __call__(self, key: TaskKey) -> TaskState:
        """Describe a task in the contract's form.

        Raises:
            NotFound: The client has no such task, or it has expired.
            Unavailable: A part of the service did not answer.
        """
        task = self.tasks.find(key, self.clock.now())
        where, outcome = self._outcome(task)
        artefacts = self._artefacts(task, outcome)
        position, seconds = self._wait(task)
        return TaskState(
            task_id=task.task_id,
            task_type=task.task_type,
            priority=task.priority,
            status=task.status,
            created_at=iso(task.created_at),
            started_at=iso(task.started_at),
            completed_at=iso(task.completed_at),
            queue_position=position,
            estimated_seconds=seconds,
            timings=_timings(task),
            data=outcome.get("data"),
            error=task.error,
            models=outcome.get("models", {}),
            provider=outcome.get("provider"),
            artefacts=artefacts,
            links=Links(
                result=self.films.link(where, _LIFETIME) if where and outcome else None,
                overlay=next((one.url for one in artefacts if one.name == _OVERLAY), None),
            ),
            callback=CallbackState(
                state=task.delivery.state,
                next_attempt_at=iso(task.delivery.next_attempt_at),
                attempts=[AttemptMade(**as_shown(attempt)) for attempt in task.delivery.attempts],
            ),
        )

    def result_link(self, key: TaskKey) -> str:
        """A link to the stored result that expires: the callback's body, or what it links to.

        Raises:
            NotFound: The client has no such task, or it has expired.
            NotInThisState: There is no result yet, or there will be none.
            Unavailable: A part of the service did not answer.
        """
        task = self.tasks.find(key, self.clock.now())
        if task.outcome_key is None:
            raise NotInThisState(f"taskId: {task.status}, and without a result")
        where, _ = self._result(task.outcome_key)
        return self.films.link(where, _LIFETIME)

    def _wait(self, task: Task) -> tuple[int | None, int | None]:
        """The place in the queue and the seconds until the film is read, both approximate."""
        if task.status is not TaskStatus.PENDING:
            return None, None
        try:
            before = self.tasks.unread_before(task, _COUNTED)
            pace = self.tasks.pace(task.task_type)
        except Unavailable:
            return None, None  # the rest of the answer is worth more
        if pace is None:
            return before + 1, None
        turns = before // self.places[task.priority] + 1
        return before + 1, math.ceil(turns * pace.total_seconds())

    def _outcome(self, task: Task) -> tuple[str | None, dict[str, Any]]:
        """Where the result lies, and what it says: nothing before there is one or once it went."""
        if task.outcome_key is None:
            return None, {}
        key, callback = self._result(task.outcome_key)
        return key, callback if key == task.outcome_key else self._stored(key)

    def _result(self, outcome_key: str) -> tuple[str, dict[str, Any]]:
        """Where the result lies, which the callback holds or links to; and the callback."""
        callback = self._stored(outcome_key)
        return report_key(outcome_key) if callback.get("resultUrl") else outcome_key, callback

    def _stored(self, key: str) -> dict[str, Any]:
        body = self.films.get_outcome(key)
        outcome: dict[str, Any] = json.loads(body) if body else {}
        return outcome

    def _artefacts(self, task: Task, outcome: dict[str, Any]) -> list[ArtefactLink]:
        return [
            ArtefactLink(
                name=note["name"],
                media_type=note["mediaType"],
                url=self.films.link(artefact_key(task.outcome_key, note["name"]), _LIFETIME),
            )
            for note in outcome.get("artefacts", [])
            if task.outcome_key
        ]


def _timings(task: Task) -> Timings:
    delivered = next((one for one in task.delivery.attempts if one.error is None), None)
    return Timings(
        waited_ms=_ms(task.created_at, task.started_at),
        downloaded_ms=task.times.downloaded_ms,
        read_ms=task.times.read_ms,
        delivered_ms=_ms(task.completed_at, delivered.at, delivered.latency_ms)
        if delivered
        else None,
    )


def _ms(start: datetime | None, end: datetime | None, more: int = 0) -> int | None:
    """From one time to another; clocks of two machines may differ, time does not run back."""
    if start is None or end is None:
        return None
    return max(0, (end - start) // timedelta(milliseconds=1)) + more
