"""The HTTP API, put together."""

import json
import os
from collections.abc import Iterable, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from pipelines.registry import TASK_TYPES
from service.adapters.aws import client
from service.admission import Admission, Backlog
from service.bootstrap.parts import Parts
from service.settings.submit import CorsSettings, SubmitSettings
from service.submit import Submit

if TYPE_CHECKING:
    from service.batch import Batch
    from service.cancel import Cancel
    from service.health import Health
    from service.listing import Listing
    from service.operations import Operation
    from service.redeliver import Redeliver
    from service.status import Status
    from service.trial import AskForTrial
    from service.uploads import Uploads


class Api:
    """What the HTTP API can do.

    Accepting a film is what most processes are started for. Every other use case is imported and
    put together when it is first asked for.
    """

    def __init__(self, settings: SubmitSettings) -> None:
        """Put together what accepts films.

        Args:
            settings: Of the HTTP API.
        """
        self._settings = settings
        self._parts = parts = Parts(settings)
        self.submit = Submit(
            tasks=parts.tasks,
            films=parts.films,
            queues=parts.queues,
            clock=parts.clock,
            task_types=TASK_TYPES,
            addresses=settings.addresses,
            task_ttl=settings.task_ttl_seconds,
            unsent_grace=settings.unsent_grace_seconds,
            queue_patience=settings.queue_patience_seconds,
        )
        self.admission = Admission(
            counters=parts.counters,
            backlog=Backlog(tuple(parts.queues.values()), parts.clock, settings.max_queued_tasks),
            clock=parts.clock,
            tasks_per_minute=settings.client_tasks_per_minute,
        )

    def batch(self) -> "Batch":
        """Accepts many films at once; for one request."""
        from service.batch import Batch

        return Batch(self.submit, self.admission)

    @cached_property
    def uploads(self) -> "Uploads":
        """Lets clients upload films."""
        from service.uploads import Uploads

        return Uploads(self._parts.films, self._parts.clock, TASK_TYPES)

    @cached_property
    def status(self) -> "Status":
        """Tells how a task stands."""
        from service.status import Status

        parts = self._parts
        return Status(parts.tasks, parts.films, parts.clock, self._settings.places)

    @cached_property
    def listing(self) -> "Listing":
        """Lists tasks."""
        from service.listing import Listing

        return Listing(self._parts.tasks, self._parts.clock)

    @cached_property
    def cancel(self) -> "Cancel":
        """Cancels a task."""
        from service.cancel import Cancel

        return Cancel(self._parts.tasks, self._parts.films, self._parts.clock)

    @cached_property
    def redeliver(self) -> "Redeliver":
        """Has a stored result delivered again."""
        from service.redeliver import Redeliver

        parts, patience = self._parts, self._settings.queue_patience_seconds
        return Redeliver(parts.tasks, parts.results, parts.clock, patience)

    @cached_property
    def health(self) -> "Health":
        """Tells which part is up."""
        from service.health import Health

        return Health(
            tasks=self._parts.tasks,
            films=self._parts.films,
            queues=self._parts.queues,
            results=self._parts.results,
            clock=self._parts.clock,
            worker_silence=self._settings.worker_silence_seconds,
        )

    @cached_property
    def trial(self) -> "AskForTrial":
        """Has a test callback sent."""
        from service.adapters.trials import LambdaTrials
        from service.trial import AskForTrial

        # As long as the gateway waits, and once: a repeated call would be a second trial.
        lambdas = client("lambda", read_timeout=25, retries={"total_max_attempts": 1})
        trials = LambdaTrials(lambdas, self._settings.callback_function)
        return AskForTrial(self.admission, self._settings.addresses, trials)


def build_api(environment: Mapping[str, str] = os.environ) -> Api:
    """Build what the HTTP API can do."""
    return Api(SubmitSettings.load(environment))


def describe(operations: Iterable["Operation"]) -> str:
    """The OpenAPI document of what is served, as JSON."""
    from service.components import SCHEMAS
    from service.openapi import document

    models = {name: task_type.report_model() for name, task_type in TASK_TYPES.items()}
    reports = {name: model.schema_at(SCHEMAS) if model else None for name, model in models.items()}
    return json.dumps(document(operations, TASK_TYPES, reports))


def cors_origins(environment: Mapping[str, str] = os.environ) -> frozenset[str]:
    """The origins whose pages may call the HTTP API."""
    return CorsSettings.load(environment).cors_origins
