"""The reader of films: SQS → lease → pipeline → outcome → result message."""

import functools
from datetime import timedelta
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from service.adapters.reader import PipelineReader
from service.bootstrap import build_infer, build_reader
from service.infer import Infer
from service.messages import InferenceJob

logger = Logger()


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

    Args:
        event: SQS event.
        context: Lambda's context; its remaining time is the lease.
    """

    def read(record: SQSRecord) -> None:
        job = InferenceJob.model_validate_json(record.body)
        with logger.append_context_keys(task_id=job.task_id):
            infer()(job, timedelta(milliseconds=context.get_remaining_time_in_millis()))

    return process_partial_response(  # type: ignore[return-value]
        event=event,
        record_handler=read,
        processor=BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False),
        context=context,
    )
