"""The functions' own handlers, over moto, fed with the events of ``events/``."""

import importlib.util
import json
import sys
from collections.abc import Callable, Iterator
from types import ModuleType, SimpleNamespace
from typing import Any

import boto3
import pytest
from moto import mock_aws

from service.adapters.dynamodb import DynamoTaskStore
from service.adapters.s3 import S3FilmStore
from tests.template import ROOT, default_of, properties_of


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[SimpleNamespace]:
    """Table, bucket and queues in moto, and the environment that names them."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        s3, sqs, dynamodb = (boto3.client(name) for name in ("s3", "sqs", "dynamodb"))
        s3.create_bucket(Bucket="films")
        shape = properties_of("TaskTable")
        names = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
        dynamodb.create_table(TableName="tasks", **{name: shape[name] for name in names})
        queues = {n: sqs.create_queue(QueueName=n)["QueueUrl"] for n in ("tasks", "results")}
        environment = {
            "TASK_TABLE": "tasks",
            "FILM_BUCKET": "films",
            "TASK_QUEUE_URL": queues["tasks"],
            "RESULT_QUEUE_URL": queues["results"],
            "QUEUE_PATIENCE_SECONDS": default_of("QueuePatienceSeconds"),
            "UNSENT_GRACE_SECONDS": default_of("UnsentGraceSeconds"),
            "TASK_TTL_SECONDS": default_of("TaskTtlSeconds"),
            "WORKER_SILENCE_SECONDS": default_of("WorkerSilenceSeconds"),
            "MAX_READS": default_of("MaxReads"),
            "CALLBACK_SCHEDULE": default_of("CallbackSchedule"),
        }
        for name, value in environment.items():
            monkeypatch.setenv(name, str(value))

        def sent(queue: str) -> list[dict[str, Any]]:
            got = sqs.receive_message(QueueUrl=queues[queue], MaxNumberOfMessages=10)
            return [json.loads(message["Body"]) for message in got.get("Messages", [])]

        yield SimpleNamespace(
            tasks=DynamoTaskStore(dynamodb, "tasks"),
            films=S3FilmStore(s3, "films"),
            sent=sent,
            objects=lambda: [
                o["Key"] for o in s3.list_objects_v2(Bucket="films").get("Contents", [])
            ],
            delete_table=lambda: dynamodb.delete_table(TableName="tasks"),
            delete_queue=lambda name: sqs.delete_queue(QueueUrl=queues[name]),
        )


@pytest.fixture
def load(stack: SimpleNamespace) -> Callable[[str], ModuleType]:
    """Import a function's app.py afresh, as a new Lambda environment does."""

    def load(function: str) -> ModuleType:
        path = ROOT / "functions" / function / "app.py"
        spec = importlib.util.spec_from_file_location(f"{function}_app", path)
        assert spec is not None
        assert spec.loader is not None
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        return module

    return load
