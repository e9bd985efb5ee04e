"""The messenger: SQS → one attempt to deliver a callback → its record."""

import functools
from datetime import timedelta
from typing import Any

import msgspec
from aws_lambda_powertools.utilities.typing import LambdaContext

from service.adapters.batches import each_message
from service.bootstrap.callback import build_deliver, build_trial
from service.messages import InferenceResult
from service.trial_order import TRIAL, TrialOrder

deliver = functools.cache(build_deliver)
make_trial = functools.cache(build_trial)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Deliver the callback of each message; one that must come again is reported as failed.

    A trial comes by itself, from a function that waits for its outcome.

    Args:
        event: SQS event, or a trial.
        context: Lambda's context; its remaining time is the lease.
    """
    if TRIAL in event:
        order = msgspec.convert(event[TRIAL], TrialOrder)
        outcome: dict[str, Any] = msgspec.to_builtins(make_trial()(order))
        return outcome

    def make_attempt(result: InferenceResult) -> None:
        deliver()(result, timedelta(milliseconds=context.get_remaining_time_in_millis()))

    return each_message(event, InferenceResult, make_attempt)
