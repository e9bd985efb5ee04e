"""The messages of an SQS trigger: those that were handled are gone, the others come again."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.batch import (
    BatchProcessor,
    EventType,
    process_partial_response,
)
from aws_lambda_powertools.utilities.data_classes.sqs_event import SQSEvent, SQSRecord
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import ValidationError

from service.messages import TaskMessage
from service.task import TransitionRefused

Message = TypeVar("Message", bound=TaskMessage)


def each_message(
    event: dict[str, Any],
    context: LambdaContext,
    kind: type[Message],
    handle: Callable[[Message], None],
) -> dict[str, Any]:
    """Handle every message of an event, one after the other.

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
        except Exception as error:
            _tell(logger, error)
            raise
        finally:
            logger.remove_keys(["task_id"])

    return process_partial_response(  # type: ignore[return-value]
        event=event,
        record_handler=handle_record,
        processor=BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False),
        context=context,
    )


def all_messages(
    event: dict[str, Any],
    kind: type[Message],
    handle: Callable[[Sequence[Message]], Sequence[Exception | None]],
) -> dict[str, Any]:
    """Handle the messages of an event together.

    Args:
        event: SQS event.
        kind: What the messages are.
        handle: Says of each message, in their order, why it must come again, or None; raises if
            that is the same for all.

    Returns:
        A partial batch response.
    """
    logger = Logger()
    messages: dict[str, Message] = {}
    again: dict[str, Exception | None] = {}
    for record in SQSEvent(event).records:
        again[record.message_id] = None
        try:
            messages[record.message_id] = kind.model_validate_json(record.body)
        except ValidationError as error:
            again[record.message_id] = error
    if messages:
        again.update(zip(messages, _handled(handle, list(messages.values())), strict=True))
    for name, why in again.items():
        if why is not None:
            known = {"task_id": messages[name].task_id} if name in messages else {}
            with logger.append_context_keys(**known):
                _tell(logger, why)
    return {"batchItemFailures": [{"itemIdentifier": name} for name, why in again.items() if why]}


def _handled(
    handle: Callable[[Sequence[Message]], Sequence[Exception | None]], messages: list[Message]
) -> Sequence[Exception | None]:
    try:
        return handle(messages)
    except Exception as error:  # noqa: BLE001 - raising means "again", whatever it is
        return [error] * len(messages)


def _tell(logger: Logger, error: Exception) -> None:
    if isinstance(error, TransitionRefused):
        logger.info("comes again: %s", error)
        return
    # Its text may quote a record or a message; Unavailable's is our own.
    logger.error("message failed: %s %s", type(error).__name__, getattr(error, "detail", ""))
