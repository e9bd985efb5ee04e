"""Accept many films at once: each has an outcome of its own, and a bad one costs nobody else."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from service.admission import Admission
from service.answers.errors import Problem
from service.answers.films import BatchOutcome, Rejected
from service.caller import Caller
from service.errors import InvalidRequest, ServiceError, Unavailable
from service.request_bodies import AnalyzeRequest
from service.submit import Submit

MAX_TASKS = 100
_AT_ONCE = 8  # each waits for the network most of the time


@dataclass
class Batch:
    """The use case with what it needs; made anew for every request."""

    submit: Submit
    admission: Admission
    down: Unavailable | None = None

    def __call__(self, caller: Caller, items: Any) -> BatchOutcome:
        """Accept what can be accepted.

        Args:
            caller: Whose tasks they become.
            items: A list of objects with the fields of ``POST /analyze`` and an ``uploadId``.

        Returns:
            Which were accepted and which were not, in the order of the request.

        Raises:
            InvalidRequest: Not a list of 1 to 100 items.
            TooManyRequests: None of them may pass.
            Unavailable: Nobody could say how many may.
        """
        if not isinstance(items, list) or not 1 <= len(items) <= MAX_TASKS:
            raise InvalidRequest(f"tasks: must be a list of 1 to {MAX_TASKS} tasks")
        granted = self.admission(caller, len(items))
        with ThreadPoolExecutor(_AT_ONCE) as threads:
            passing = threads.map(lambda item: self._one(caller.client, item), items[:granted])
            outcomes = list(passing)
        outcomes += [(_named(item), self.admission.refusal(caller)) for item in items[granted:]]
        accepted = [task_id for task_id, error in outcomes if task_id and error is None]
        rejected = [
            Rejected(task_id=task_id, error=Problem(**error.as_dict()))
            for task_id, error in outcomes
            if error
        ]
        return BatchOutcome(count=len(accepted), accepted=accepted, rejected=rejected)

    def _one(self, client: str, item: Any) -> tuple[str | None, ServiceError | None]:
        """The task's id, as far as it is known, and why it was not accepted."""
        try:
            if self.down:
                raise self.down  # the others need not wait for the same part, one after the other
            if not isinstance(item, dict):
                raise InvalidRequest("tasks: each must be an object")
            request = AnalyzeRequest.from_fields(
                item, self.submit.task_types, self.submit.addresses, typed=True
            )
            return self.submit(client, request).task_id, None
        except ServiceError as error:
            if isinstance(error, Unavailable):
                self.down = error
            return _named(item), error


def _named(item: Any) -> str | None:
    """The task's id if it can stand in an answer: JSON has halves of characters, Unicode not."""
    named = item.get("taskId") if isinstance(item, dict) else None
    if not isinstance(named, str) or any("\ud800" <= letter <= "\udfff" for letter in named):
        return None
    return named
