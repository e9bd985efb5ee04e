"""What a client may know about its task."""

import json
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from service.errors import NotInThisState
from service.outcomes import artefact_key
from service.ports import Clock, FilmStore, TaskStore
from service.task import Attempt, Task, TaskKey, iso

_LIFETIME = timedelta(minutes=15)  # of a link; asking again gives a fresh one


@dataclass(frozen=True)
class Status:
    """The use case with what it needs."""

    tasks: TaskStore
    films: FilmStore
    clock: Clock

    def __call__(self, key: TaskKey) -> dict[str, Any]:
        """Describe a task in the contract's form.

        Raises:
            NotFound: The client has no such task, or it has expired.
            Unavailable: A part of the service did not answer.
        """
        task = self.tasks.find(key, self.clock.now())
        outcome = self._outcome(task)
        return {
            "taskId": task.task_id,
            "taskType": task.task_type,
            "status": task.status,
            "createdAt": iso(task.created_at),
            "startedAt": iso(task.started_at),
            "completedAt": iso(task.completed_at),
            "data": outcome.get("data"),
            "error": task.error.model_dump() if task.error else None,
            "models": outcome.get("models", {}),
            "provider": outcome.get("provider"),
            "artefacts": self._artefacts(task, outcome),
            "callback": {
                "state": task.delivery.state,
                "nextAttemptAt": iso(task.delivery.next_attempt_at),
                "attempts": [_attempt(attempt) for attempt in task.delivery.attempts],
            },
        }

    def result_link(self, key: TaskKey) -> str:
        """A link to the stored callback's body that expires.

        Raises:
            NotFound: The client has no such task, or it has expired.
            NotInThisState: There is no result yet, or there will be none.
            Unavailable: A part of the service did not answer.
        """
        task = self.tasks.find(key, self.clock.now())
        if task.outcome_key is None:
            raise NotInThisState(f"taskId: {task.status}, and without a result")
        return self.films.link(task.outcome_key, _LIFETIME)

    def _outcome(self, task: Task) -> dict[str, Any]:
        """What the callback says; empty before there is one, and after its retention."""
        body = self.films.get_outcome(task.outcome_key) if task.outcome_key else None
        outcome: dict[str, Any] = json.loads(body) if body else {}
        return outcome

    def _artefacts(self, task: Task, outcome: dict[str, Any]) -> list[dict[str, str]]:
        return [
            {
                **note,
                "url": self.films.link(artefact_key(task.outcome_key, note["name"]), _LIFETIME),
            }
            for note in outcome.get("artefacts", [])
            if task.outcome_key
        ]


def _attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "at": iso(attempt.at),
        "status": attempt.status,
        "latencyMs": attempt.latency_ms,
        "error": attempt.error,
        "answer": attempt.answer,
    }
