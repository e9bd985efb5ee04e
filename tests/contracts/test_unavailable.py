"""An AWS that does not answer is one error, whichever call meets it."""

import boto3
import pytest
from botocore.config import Config
from moto import mock_aws

from service.adapters.clients import DynamoClientStore
from service.adapters.dynamodb import DynamoCounters, DynamoTaskStore
from service.adapters.s3 import S3FilmStore
from service.adapters.sqs import SqsQueue
from service.errors import Unavailable
from service.messages import InferenceJob
from service.webhook_secrets import WebhookSecrets
from tests.builders import a_task
from tests.fakes import START

NOWHERE = {
    "endpoint_url": "http://127.0.0.1:9",
    "region_name": "us-east-1",
    "aws_access_key_id": "test",
    "aws_secret_access_key": "test",
    "config": Config(retries={"total_max_attempts": 1}, connect_timeout=1),
}

TASK_CALLS = {
    "add": lambda s: s.add(a_task()),
    "get": lambda s: s.get(a_task().key),
    "save": lambda s: s.save(a_task()),
    "due": lambda s: s.due(START, 1),
    "page": lambda s: s.page("local", 9, None),
    "oldest_unread": lambda s: s.oldest_unread(),
    "beat": lambda s: s.beat(START),
    "last_beat": lambda s: s.last_beat(),
}
CLIENT_CALLS = {
    "add": lambda s: s.add(WebhookSecrets(client="clinic")),
    "get": lambda s: s.get("clinic"),
    "save": lambda s: s.save(WebhookSecrets(client="clinic")),
    "all": lambda s: s.all(),
}
FILM_CALLS = {
    "put_film": lambda s: s.put_film("k", b"", "image/png"),
    "get_film": lambda s: s.get_film("k"),
    "get_head": lambda s: s.get_head("k", 9),
    "copy_film": lambda s: s.copy_film("k", "l"),
    "delete_film": lambda s: s.delete_film("k"),
    "put_outcome": lambda s: s.put_outcome("k", b""),
    "get_outcome": lambda s: s.get_outcome("k"),
    "check": lambda s: s.check(),
}
QUEUE_CALLS = {
    "send": lambda s: s.send(InferenceJob(client="c", task_id="t")),
    "depth": lambda s: s.depth(),
}


@pytest.fixture(params=["nobody answers", "the part is not there"])
def client(request, monkeypatch):
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    if request.param == "nobody answers":
        yield lambda service: boto3.client(service, **NOWHERE)
    else:
        with mock_aws():
            yield lambda service: boto3.client(service, region_name="us-east-1")


@pytest.mark.parametrize("call", TASK_CALLS.values(), ids=TASK_CALLS)
def test_table(client, call) -> None:
    with pytest.raises(Unavailable, match=r"^table: \w+$"):
        call(DynamoTaskStore(client("dynamodb"), "none"))


def test_counters(client) -> None:
    with pytest.raises(Unavailable, match=r"^table: \w+$"):
        DynamoCounters(client("dynamodb"), "none").add("a", 1, START)


@pytest.mark.parametrize("call", CLIENT_CALLS.values(), ids=CLIENT_CALLS)
def test_clients(client, call) -> None:
    with pytest.raises(Unavailable, match=r"^clients: \w+$"):
        call(DynamoClientStore(client("dynamodb"), "none", WebhookSecrets))


@pytest.mark.parametrize("call", FILM_CALLS.values(), ids=FILM_CALLS)
def test_storage(client, call) -> None:
    with pytest.raises(Unavailable, match=r"^storage: \w+$"):
        call(S3FilmStore(client("s3"), "none"))


@pytest.mark.parametrize("call", QUEUE_CALLS.values(), ids=QUEUE_CALLS)
def test_queue(client, call) -> None:
    with pytest.raises(Unavailable, match=r"^queue: [\w.]+$"):
        call(SqsQueue(client("sqs"), "http://127.0.0.1:9/0/none"))
