"""The reader of films: SQS → lease → pipeline → outcome → result message."""

import functools
from datetime import timedelta
from pathlib import Path
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from service.adapters.batches import all_messages
from service.adapters.reader import PipelineReader
from service.bootstrap.infer import build_infer, build_reader
from service.infer import Infer
from service.messages import InferenceJob


@functools.cache
def reader() -> PipelineReader:
    """The pipelines; models beside this file, unless the environment names others."""
    return build_reader(Path(__file__).parent / "models")


@functools.cache
def infer() -> Infer:
    """The use case, made with the first message."""
    return build_infer(reader())


def warm_up() -> None:
    """Load every pipeline before the first film comes."""
    reader().warm_up()


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Read the film of each message; one that must come again is reported as failed.

    The films are read together where their pipeline can, and each has an outcome of its own,
    whatever becomes of the others.

    Args:
        event: SQS event.
        context: Lambda's context; its remaining time is the lease.
    """

    def time_left() -> timedelta:
        return timedelta(milliseconds=context.get_remaining_time_in_millis())

    return all_messages(event, InferenceJob, lambda jobs: infer()(jobs, time_left))
