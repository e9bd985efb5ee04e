"""The HTTP API, put together."""

import json
import os
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple

from pipelines.registry import TASK_TYPES
from service.adapters.aws import client
from service.adapters.trials import LambdaTrials
from service.admission import Admission, Backlog
from service.bootstrap.parts import Parts
from service.cancel import Cancel
from service.health import Health
from service.listing import Listing
from service.redeliver import Redeliver
from service.settings.submit import CorsSettings, SubmitSettings
from service.status import Status
from service.submit import Submit
from service.trial import AskForTrial
from service.uploads import Uploads

if TYPE_CHECKING:
    from service.operations import Operation


class Api(NamedTuple):
    """What the HTTP API can do."""

    admission: Admission
    submit: Submit
    uploads: Uploads
    status: Status
    listing: Listing
    cancel: Cancel
    redeliver: Redeliver
    health: Health
    trial: AskForTrial


def build_api(environment: Mapping[str, str] = os.environ) -> Api:
    """Build what the HTTP API can do."""
    settings = SubmitSettings.load(environment)
    parts = Parts(settings)
    submit = Submit(
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
    health = Health(
        tasks=parts.tasks,
        films=parts.films,
        queues=parts.queues,
        results=parts.results,
        clock=parts.clock,
        worker_silence=settings.worker_silence_seconds,
    )
    admission = Admission(
        counters=parts.counters,
        backlog=Backlog(tuple(parts.queues.values()), parts.clock, settings.max_queued_tasks),
        clock=parts.clock,
        tasks_per_minute=settings.client_tasks_per_minute,
    )
    return Api(
        admission=admission,
        submit=submit,
        uploads=Uploads(parts.films, parts.clock, TASK_TYPES),
        status=Status(parts.tasks, parts.films, parts.clock, settings.places),
        listing=Listing(parts.tasks, parts.clock),
        cancel=Cancel(parts.tasks, parts.films, parts.clock),
        redeliver=Redeliver(
            parts.tasks, parts.results, parts.clock, settings.queue_patience_seconds
        ),
        health=health,
        trial=AskForTrial(
            admission,
            settings.addresses,
            LambdaTrials(
                # As long as the gateway waits, and once: a repeated call would be a second trial.
                lambda: client("lambda", read_timeout=25, retries={"total_max_attempts": 1}),
                settings.callback_function,
            ),
        ),
    )


def describe(operations: Iterable["Operation"]) -> str:
    """The OpenAPI document of what is served, as JSON."""
    from service.openapi import document

    reports = {name: task_type.described() for name, task_type in TASK_TYPES.items()}
    return json.dumps(document(operations, TASK_TYPES, reports))


def cors_origins(environment: Mapping[str, str] = os.environ) -> frozenset[str]:
    """The origins whose pages may call the HTTP API."""
    return CorsSettings.load(environment).cors_origins
