"""The sweeper: on a schedule, sends again what a fault left behind; and settles dead letters."""

import functools
from datetime import timedelta
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from service.adapters.batches import each_message
from service.bootstrap.recover import build_dead_letters, build_recover
from service.messages import TaskMessage

logger = Logger()
recover = functools.cache(build_recover)
dead_letters = functools.cache(build_dead_letters)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Sweep once, or settle the dead letters that an event brings.

    Args:
        event: SQS event of a dead-letter queue; anything else is the schedule's, which carries
            nothing that is needed.
        context: Lambda's context.

    Returns:
        For letters, those that must come again; else ``{"sent": n}``, the number of messages sent.
    """

    def time_left() -> timedelta:
        return timedelta(milliseconds=context.get_remaining_time_in_millis())

    if "Records" in event:
        settle = dead_letters()[event["Records"][0]["eventSourceARN"]]  # one queue per event
        return each_message(event, TaskMessage, lambda m: settle(m, time_left()))
    sent = recover()(time_left())
    logger.info("swept", extra={"sent": sent})
    return {"sent": sent}
