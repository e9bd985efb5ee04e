"""The messages of an SQS trigger: only those that must come again are reported as failed."""

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

import msgspec
from aws_lambda_powertools import Logger
from msgspec import DecodeError

from service.messages import TaskMessage
from service.task import TransitionRefused

Message = TypeVar("Message", bound=TaskMessage)


def each_message(
    event: dict[str, Any], kind: type[Message], handle: Callable[[Message], None]
) -> dict[str, Any]:
    """Handle every message of an event, one after the other.

    Args:
        event: SQS event.
        kind: What the messages are.
        handle: Raises if the message must come again.

    Returns:
        A partial batch response: the messages that must come again, be it all of them.
    """
    logger = Logger()
    again = []
    for record in event["Records"]:
        try:
            message = msgspec.json.decode(record["body"], type=kind)
            logger.append_keys(task_id=message.task_id)
            handle(message)
        except Exception as error:  # noqa: BLE001 - whatever it is, the others are handled
            _tell(logger, error)
            again.append(record["messageId"])
        finally:
            logger.remove_keys(["task_id"])
    return _failed(again)


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
    for record in event["Records"]:
        name = record["messageId"]
        again[name] = None
        try:
            messages[name] = msgspec.json.decode(record["body"], type=kind)
        except (DecodeError, UnicodeError, RecursionError) as error:
            again[name] = error
    if messages:
        again.update(zip(messages, _handled(handle, list(messages.values())), strict=True))
    for name, why in again.items():
        if why is not None:
            known = {"task_id": messages[name].task_id} if name in messages else {}
            with logger.append_context_keys(**known):
                _tell(logger, why)
    return _failed([name for name, why in again.items() if why])


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


def _failed(messages: Sequence[str]) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": name} for name in messages]}
