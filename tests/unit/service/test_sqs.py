"""What a message carries besides its body."""

import boto3
import pytest
from moto import mock_aws

from service.adapters.sqs import SqsQueue
from service.messages import InferenceJob

TRACE = "Root=1-5759e988-bd862e3fe1be46a994272793;Parent=53995c3f42cd8ad8;Sampled=1"


@pytest.mark.parametrize("trace", [TRACE, None])
def test_a_message_takes_the_trace_along(
    monkeypatch: pytest.MonkeyPatch, trace: str | None
) -> None:
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    monkeypatch.delenv("_X_AMZN_TRACE_ID", raising=False)
    if trace:
        monkeypatch.setenv("_X_AMZN_TRACE_ID", trace)
    with mock_aws():
        client = boto3.client("sqs", region_name="us-east-1")
        url = client.create_queue(QueueName="tasks")["QueueUrl"]
        SqsQueue(client, url).send(InferenceJob(client="local", task_id="1"))
        asked = {"QueueUrl": url, "MessageSystemAttributeNames": ["AWSTraceHeader"]}
        [message] = client.receive_message(**asked)["Messages"]
    assert message.get("Attributes", {}).get("AWSTraceHeader") == trace
