"""The same tests on every implementation of a port: the fake, moto, and a running cloud.

The cloud is whatever ``localstack-client`` reaches: the endpoint that the environment names, else
the embedded one. Table and queues take their shape from template.yaml, so that the two cannot
drift.
"""

import uuid
from collections.abc import Iterator
from typing import Any

import boto3
import pytest
from moto import mock_aws

from service.adapters.clients import DynamoClientStore
from service.adapters.dynamodb import DynamoCounters, DynamoTaskStore
from service.adapters.s3 import S3FilmStore
from service.adapters.sqs import SqsQueue
from service.clients import Client
from service.ports import ClientStore, Counters, FilmStore, Queue, TaskStore
from tests.fakes import (
    MemoryClientStore,
    MemoryCounters,
    MemoryFilmStore,
    MemoryQueue,
    MemoryTaskStore,
)
from tests.stack import create_table

_IMPLEMENTATIONS = ["memory", "moto", "cloud"]


class Aws:
    """Makes parts in some AWS."""

    def __init__(self, client: Any) -> None:
        self.client = client
        self._name = f"t-{uuid.uuid4().hex[:12]}"

    def tasks(self) -> TaskStore:
        client = self.client("dynamodb")
        create_table(client, self._name)
        return DynamoTaskStore(client, self._name)

    def counters(self) -> DynamoCounters:
        client = self.client("dynamodb")
        create_table(client, self._name)
        return DynamoCounters(client, self._name)

    def clients(self) -> ClientStore[Client]:
        client = self.client("dynamodb")
        create_table(client, self._name, "ClientTable")
        return DynamoClientStore(client, self._name, Client)

    def films(self) -> FilmStore:
        client = self.client("s3")
        client.create_bucket(Bucket=self._name)
        return S3FilmStore(client, self._name)

    def queue(self) -> SqsQueue:
        client = self.client("sqs")
        return SqsQueue(client, client.create_queue(QueueName=self._name)["QueueUrl"])


@pytest.fixture(params=_IMPLEMENTATIONS)
def aws(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[Aws | None]:
    """Some AWS, or ``None`` for the fakes."""
    if request.param == "memory":
        yield None
    elif request.param == "moto":
        monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
        with mock_aws():
            yield Aws(lambda service: boto3.client(service, region_name="us-east-1"))
    else:
        yield Aws(request.getfixturevalue("cloud_client"))


@pytest.fixture
def tasks(aws: Aws | None) -> TaskStore:
    return aws.tasks() if aws else MemoryTaskStore()


@pytest.fixture
def counters(aws: Aws | None) -> Counters:
    return aws.counters() if aws else MemoryCounters()


@pytest.fixture
def clients(aws: Aws | None) -> ClientStore[Client]:
    return aws.clients() if aws else MemoryClientStore()


@pytest.fixture
def films(aws: Aws | None) -> FilmStore:
    return aws.films() if aws else MemoryFilmStore()


@pytest.fixture
def queue(aws: Aws | None) -> Queue:
    return aws.queue() if aws else MemoryQueue()
