"""``xray redrive``: send again, now, whatever of a deployed service is not final."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Annotated

import typer

from service.bootstrap.recover import build_recover
from service.errors import Unavailable
from xray import terminal

_ALL = 1_000_000  # tasks; more than wait at any time
_FOR_EVER = timedelta(days=36500)


def redrive(
    stack: Annotated[str, typer.Option(help="Name of the deployed stack.")] = "xray",
) -> None:
    """Send again, now, every task that waits for somebody; what is final is left alone.

    With the credentials and the region that any AWS tool would use.
    """
    with terminal.interruptible():
        try:
            sent = send_again(_outputs(stack))
        except Unavailable as error:
            raise terminal.stop(f"not everything was sent again: {error.detail}") from None
        terminal.console.print(f"{sent} sent again")


def send_again(outputs: Mapping[str, str]) -> int:
    """Send a message for every task that waits for one, however lately it was sent before.

    A task that a live process works on, and a callback whose next attempt waits for its time, need
    none.

    Args:
        outputs: Of the stack.

    Returns:
        How many were sent.

    Raises:
        Unavailable: A part of the service did not answer; the others have been sent.
    """
    recover = build_recover(
        {
            "TASK_TABLE": outputs["TaskTable"],
            "FILM_BUCKET": outputs["FilmBucket"],
            "TASK_QUEUE_URL": outputs["TaskQueueUrl"],
            "HIGH_TASK_QUEUE_URL": outputs["HighTaskQueueUrl"],
            "RESULT_QUEUE_URL": outputs["ResultQueueUrl"],
            "QUEUE_PATIENCE_SECONDS": outputs["QueuePatienceSeconds"],
        }
    )
    return recover._replace(batch=_ALL)(_FOR_EVER, datetime.now(UTC) + _FOR_EVER)


def _outputs(stack: str) -> dict[str, str]:
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        found = boto3.client("cloudformation").describe_stacks(StackName=stack)["Stacks"][0]
    except (BotoCoreError, ClientError) as error:
        raise terminal.stop(f"no stack {stack} to be seen: {error}") from None
    return {output["OutputKey"]: output["OutputValue"] for output in found.get("Outputs", [])}
