"""What a client may know about its task."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from service.answers import ArtefactLink, AttemptMade, CallbackState, TaskState
from service.errors import NotInThisState
from service.outcomes import artefact_key, report_key
from service.ports import Clock, FilmStore, TaskStore
from service.task import Attempt, Task, TaskKey

_LIFETIME = timedelta(minutes=15)  # of a link; asking again gives a fresh one


@dataclass(frozen=True)
class Status:
    """The use case with what it needs."""

    tasks: TaskStore
    films: FilmStore
    clock: Clock

    def __call__(self, key: TaskKey) -> TaskState:
        """Describe a task in the contract's form.

        Raises:
            NotFound: The client has no such task, or it has expired.
            Unavailable: A part of the service did not answer.
        """
        task = self.tasks.find(key, self.clock.now())
        outcome = self._outcome(task)
        return TaskState(
            task_id=task.task_id,
            task_type=task.task_type,
            priority=task.priority,
            status=task.status,
            created_at=task.created_at,
            started_at=task.started_at,
            completed_at=task.completed_at,
            data=outcome.get("data"),
            error=task.error,
            models=outcome.get("models", {}),
            provider=outcome.get("provider"),
            artefacts=self._artefacts(task, outcome),
            callback=CallbackState(
                state=task.delivery.state,
                next_attempt_at=task.delivery.next_attempt_at,
                attempts=[_attempt(attempt) for attempt in task.delivery.attempts],
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
        linked = self._stored(task.outcome_key).get("resultUrl")
        where = report_key(task.outcome_key) if linked else task.outcome_key
        return self.films.link(where, _LIFETIME)

    def _outcome(self, task: Task) -> dict[str, Any]:
        """What the callback says or links to; empty before there is one, and after retention."""
        if task.outcome_key is None:
            return {}
        outcome = self._stored(task.outcome_key)
        return self._stored(report_key(task.outcome_key)) if outcome.get("resultUrl") else outcome

    def _stored(self, key: str) -> dict[str, Any]:
        body = self.films.get_outcome(key)
        outcome: dict[str, Any] = json.loads(body) if body else {}
        return outcome

    def _artefacts(self, task: Task, outcome: dict[str, Any]) -> list[ArtefactLink]:
        return [
            ArtefactLink(
                **note,
                url=self.films.link(artefact_key(task.outcome_key, note["name"]), _LIFETIME),
            )
            for note in outcome.get("artefacts", [])
            if task.outcome_key
        ]


def _attempt(attempt: Attempt) -> AttemptMade:
    return AttemptMade(**attempt.model_dump())
