"""The sweeper: on a schedule, sends again what a fault left behind."""

import functools
from datetime import timedelta
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from service.bootstrap import build_recover

logger = Logger()
recover = functools.cache(build_recover)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    """Sweep once.

    Args:
        event: Anything; the schedule's event carries nothing that is needed.
        context: Lambda's context.

    Returns:
        ``{"sent": n}``, the number of messages sent again.
    """
    sent = recover()(timedelta(milliseconds=context.get_remaining_time_in_millis()))
    logger.info("swept", extra={"sent": sent})
    return {"sent": sent}
