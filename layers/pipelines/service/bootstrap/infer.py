"""The reader of films, put together."""

import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines.registry import TASK_TYPES
from service.adapters.aws import client
from service.adapters.fetching import RequestsFetcher
from service.adapters.models import local_models
from service.adapters.reader import PipelineReader
from service.bootstrap.parts import Parts
from service.film_source import FilmSource
from service.infer import Infer
from service.pace import Pace
from service.ports import Reader
from service.settings.infer import InferSettings


def build_infer(reader: Reader, environment: Mapping[str, str] = os.environ) -> Infer:
    """What reads a film with ``reader``."""
    settings = InferSettings.load(environment)
    parts = Parts(settings)
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
) -> PipelineReader:
    """The registered pipelines, with the models that the environment names."""
    settings = InferSettings.load(environment)
    source = settings.pipeline_models or str(default_models)
    s3: Any = client("s3")
    return PipelineReader(
        TASK_TYPES,
        lambda: local_models(source, s3),
        settings.model_memory_mb * 2**20,
    )
