"""The messenger: SQS → one attempt to deliver a callback → its record."""

import functools
from datetime import timedelta
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from service.bootstrap import build_deliver
from service.messages import InferenceResult

logger = Logger()
deliver = functools.cache(build_deliver)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Deliver the callback of each message; one that must come again is reported as failed.

    Args:
        event: SQS event.
        context: Lambda's context; its remaining time is the lease.
    """

    def make_attempt(record: SQSRecord) -> None:
        message = InferenceResult.model_validate_json(record.body)
        with logger.append_context_keys(task_id=message.task_id):
            deliver()(message, timedelta(milliseconds=context.get_remaining_time_in_millis()))

    return process_partial_response(  # type: ignore[return-value]
        event=event,
        record_handler=make_attempt,
        processor=BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False),
        context=context,
    )
