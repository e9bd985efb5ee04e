"""The messenger: SQS → one attempt to deliver a callback → its record."""

import functools
from datetime import timedelta
from typing import Any

from aws_lambda_powertools.utilities.typing import LambdaContext

from service.adapters.batches import each_message
from service.bootstrap import build_deliver
from service.messages import InferenceResult

deliver = functools.cache(build_deliver)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Deliver the callback of each message; one that must come again is reported as failed.

    Args:
        event: SQS event.
        context: Lambda's context; its remaining time is the lease.
    """

    def make_attempt(result: InferenceResult) -> None:
        deliver()(result, timedelta(milliseconds=context.get_remaining_time_in_millis()))

    return each_message(event, context, InferenceResult, make_attempt)
