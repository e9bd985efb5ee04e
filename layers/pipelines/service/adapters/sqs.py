"""Messages in an SQS queue."""

import os
from datetime import timedelta
from typing import TYPE_CHECKING, Literal

import msgspec

from service.adapters.aws import answering
from service.ports import Depth

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient
    from mypy_boto3_sqs.type_defs import MessageSystemAttributeValueTypeDef


class SqsQueue:
    """One queue; a message is the JSON of its model."""

    def __init__(self, client: "SQSClient", url: str) -> None:
        self._client = client
        self._url = url

    def send(self, message: msgspec.Struct, delay: timedelta = timedelta()) -> None:
        """Send a message, visible after ``delay``."""
        with answering("queue"):
            self._client.send_message(
                QueueUrl=self._url,
                MessageBody=msgspec.json.encode(message).decode(),
                DelaySeconds=int(delay.total_seconds()),
                MessageSystemAttributes=_trace(),
            )

    def depth(self) -> Depth:
        """Count the messages, approximately; delayed ones wait for their time and do not count."""
        with answering("queue"):
            attributes = self._client.get_queue_attributes(
                QueueUrl=self._url,
                AttributeNames=[
                    "ApproximateNumberOfMessages",
                    "ApproximateNumberOfMessagesNotVisible",
                ],
            )["Attributes"]
        return Depth(
            waiting=int(attributes["ApproximateNumberOfMessages"]),
            in_flight=int(attributes["ApproximateNumberOfMessagesNotVisible"]),
        )


def _trace() -> "dict[Literal['AWSTraceHeader'], MessageSystemAttributeValueTypeDef]":
    """The trace that this process works in goes on with whoever takes the message."""
    header = os.environ.get("_X_AMZN_TRACE_ID")  # set by Lambda for each invocation
    return {"AWSTraceHeader": {"DataType": "String", "StringValue": header}} if header else {}
