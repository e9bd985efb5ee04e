"""The messages of an SQS trigger, one by one: what raises comes again, the others do not."""

from collections.abc import Callable
from typing import Any, TypeVar

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext

from service.messages import TaskMessage
from service.task import TransitionRefused

Message = TypeVar("Message", bound=TaskMessage)


def each_message(
    event: dict[str, Any],
    context: LambdaContext,
    kind: type[Message],
    handle: Callable[[Message], None],
) -> dict[str, Any]:
    """Handle every message of an event.

    Args:
        event: SQS event.
        context: Lambda's context.
        kind: What the messages are.
        handle: Raises if the message must come again.

    Returns:
        A partial batch response.
    """
    logger = Logger()

    def handle_record(record: SQSRecord) -> None:
        try:
            message = kind.model_validate_json(record.body)
            logger.append_keys(task_id=message.task_id)
            handle(message)
        except TransitionRefused as why:
            logger.info("comes again: %s", why)
            raise
        except Exception as error:
            # Its text may quote a record or a message; Unavailable's is our own.
            logger.error(
                "message failed: %s %s", type(error).__name__, getattr(error, "detail", "")
            )
            raise
        finally:
            logger.remove_keys(["task_id"])

    return process_partial_response(  # type: ignore[return-value]
        event=event,
        record_handler=handle_record,
        processor=BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False),
        context=context,
    )
