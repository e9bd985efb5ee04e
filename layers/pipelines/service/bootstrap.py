"""The composition root: the one place where use cases get their adapters.

Each function calls its own builder once per process. It is also the one place where ``service``
meets ``pipelines``: submit takes the names of the task types, infer their pipelines.
"""

import json
import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pipelines.registry import TASK_TYPES
from service.adapters.aws import client
from service.adapters.clock import SystemClock
from service.adapters.dynamodb import DynamoCounters, DynamoTaskStore
from service.adapters.s3 import S3FilmStore
from service.adapters.sqs import SqsQueue
from service.adapters.trials import LambdaTrials
from service.admission import Admission, Backlog
from service.authorize import Authorize
from service.cancel import Cancel
from service.clients import Client, WebhookSecrets
from service.conclude import Conclude
from service.dead_letters import Undelivered, Unread
from service.deliver import Deliver
from service.film_source import FilmSource
from service.health import Health
from service.infer import Infer
from service.listing import Listing
from service.pace import Pace
from service.ports import TaskQueues
from service.recover import Recover
from service.redeliver import Redeliver
from service.settings import (
    AuthorizeSettings,
    CallbackSettings,
    CorsSettings,
    InferSettings,
    RecoverSettings,
    Settings,
    SubmitSettings,
)
from service.status import Status
from service.submit import Submit
from service.task import Priority
from service.trial import AskForTrial, MakeTrial
from service.uploads import Uploads

if TYPE_CHECKING:
    from service.adapters.reader import PipelineReader
    from service.operations import Operation
    from service.ports import Reader
    from service.signatures import Signer


_TRIAL_S = 10.0  # a receiver's time in a trial; with a cold start it must fit the gateway's 29 s


@dataclass(frozen=True)
class Api:
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


class _Parts:
    """The adapters that every function uses."""

    def __init__(self, settings: Settings) -> None:
        sqs: Any = client("sqs")
        dynamodb: Any = client("dynamodb")
        self.tasks = DynamoTaskStore(dynamodb, settings.task_table)
        self.counters = DynamoCounters(dynamodb, settings.task_table)
        self.films = S3FilmStore(_any(client("s3")), settings.film_bucket)
        self.queues: TaskQueues = {
            Priority.NORMAL: SqsQueue(sqs, settings.task_queue_url),
            Priority.HIGH: SqsQueue(sqs, settings.high_task_queue_url),
        }
        self.results = SqsQueue(sqs, settings.result_queue_url)
        self.clock = SystemClock()


def _any(value: object) -> Any:
    return value


def build_api(environment: Mapping[str, str] = os.environ) -> Api:
    """Build what the HTTP API can do."""
    settings = SubmitSettings.load(environment)
    parts = _Parts(settings)
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


def build_infer(reader: "Reader", environment: Mapping[str, str] = os.environ) -> Infer:
    """What reads a film with ``reader``."""
    from service.adapters.fetching import RequestsFetcher

    settings = InferSettings.load(environment)
    parts = _Parts(settings)
    source = FilmSource(
        films=parts.films,
        fetcher=RequestsFetcher(settings.addresses),
        task_types=TASK_TYPES,
        schedule=settings.fetch_schedule,
    )
    return Infer(
        tasks=parts.tasks,
        films=parts.films,
        source=source,
        queues=parts.queues,
        results=parts.results,
        clock=parts.clock,
        pace=Pace(parts.tasks, parts.clock),
        reader=reader,
        max_reads=settings.max_reads,
        queue_patience=settings.queue_patience_seconds,
        callback_max_bytes=settings.callback_max_bytes,
        api_url=settings.api_url,
    )


def build_reader(
    default_models: Path, environment: Mapping[str, str] = os.environ
) -> "PipelineReader":
    """The registered pipelines, with the models that the environment names."""
    from service.adapters.models import local_models
    from service.adapters.reader import PipelineReader

    settings = InferSettings.load(environment)
    source = settings.pipeline_models or str(default_models)
    return PipelineReader(
        TASK_TYPES,
        lambda: local_models(source, _any(client("s3"))),
        settings.model_memory_mb * 2**20,
    )


def build_deliver(environment: Mapping[str, str] = os.environ) -> Deliver:
    """What makes an attempt to deliver a callback."""
    from service.adapters.webhook import RequestsCourier

    settings = CallbackSettings.load(environment)
    parts = _Parts(settings)
    return Deliver(
        tasks=parts.tasks,
        films=parts.films,
        results=parts.results,
        courier=RequestsCourier(
            settings.addresses, settings.callback_answer_seconds.total_seconds()
        ),
        signer=_signer(settings),
        clock=parts.clock,
        schedule=settings.callback_schedule,
    )


def build_trial(environment: Mapping[str, str] = os.environ) -> MakeTrial:
    """What makes a trial."""
    from service.adapters.webhook import RequestsCourier

    settings = CallbackSettings.load(environment)
    courier = RequestsCourier(settings.addresses, _TRIAL_S)
    return MakeTrial(courier, _signer(settings), SystemClock())


def _signer(settings: CallbackSettings) -> "Signer":
    from service.adapters.clients import DynamoClientStore
    from service.signatures import Signer

    dynamodb = _any(client("dynamodb"))
    return Signer(DynamoClientStore(dynamodb, settings.webhook_secret_table, WebhookSecrets))


def build_recover(environment: Mapping[str, str] = os.environ) -> Recover:
    """The sweeper."""
    settings = Settings.load(environment)
    parts = _Parts(settings)
    return Recover(
        tasks=parts.tasks,
        queues=parts.queues,
        results=parts.results,
        clock=parts.clock,
        queue_patience=settings.queue_patience_seconds,
    )


def build_dead_letters(
    environment: Mapping[str, str] = os.environ,
) -> Mapping[str, Unread | Undelivered]:
    """What becomes of dead letters, by the ARN of their queue."""
    settings = RecoverSettings.load(environment)
    parts = _Parts(settings)
    conclude = Conclude(
        parts.tasks, parts.films, parts.results, parts.clock, settings.queue_patience_seconds
    )
    unread = Unread(parts.tasks, parts.clock, conclude, settings.max_reads)
    return {
        settings.task_letters_arn: unread,
        settings.high_task_letters_arn: unread,
        settings.result_letters_arn: Undelivered(
            parts.tasks, parts.clock, settings.callback_schedule
        ),
    }


def build_authorize(environment: Mapping[str, str] = os.environ) -> Authorize:
    """What lets clients in."""
    from service.adapters.clients import DynamoClientStore

    settings = AuthorizeSettings.load(environment)
    clients = DynamoClientStore(_any(client("dynamodb")), settings.client_table, Client)
    return Authorize(settings.auth_mode, clients, SystemClock())
