"""Table, bucket and queues in some AWS, and the functions that work on them, in this process."""

import importlib.util
import json
import sys
import uuid
from collections.abc import Callable
from types import ModuleType
from typing import Any

from service.adapters.clients import DynamoClientStore
from service.adapters.dynamodb import DynamoTaskStore
from service.adapters.s3 import S3FilmStore
from service.clients import Client
from tests.template import ROOT, default_of, properties_of

_TABLE_SHAPE = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")


def create_table(client: Any, name: str, resource: str = "TaskTable") -> None:
    """A table, in the shape that template.yaml gives it."""
    shape = properties_of(resource)
    client.create_table(TableName=name, **{k: shape[k] for k in _TABLE_SHAPE if k in shape})


class Stack:
    """The parts of the stack, under names of their own."""

    def __init__(self, client: Callable[[str], Any]) -> None:
        self._s3, self._sqs, self._dynamodb = (client(name) for name in ("s3", "sqs", "dynamodb"))
        self._name = f"t-{uuid.uuid4().hex[:12]}"
        self._s3.create_bucket(Bucket=self._name)
        create_table(self._dynamodb, self._name)
        self.tables = {
            resource: f"{self._name}-{resource}"
            for resource in ("ClientTable", "WebhookSecretTable")
        }
        for resource, table in self.tables.items():
            create_table(self._dynamodb, table, resource)
        self._queues = {
            queue: self._sqs.create_queue(QueueName=f"{self._name}-{queue}")["QueueUrl"]
            for queue in ("tasks", "high", "results")
        }
        self.tasks = DynamoTaskStore(self._dynamodb, self._name)
        self.films = S3FilmStore(self._s3, self._name)
        self.clients = DynamoClientStore(self._dynamodb, self.tables["ClientTable"], Client)

    @property
    def environment(self) -> dict[str, str]:
        """The functions' variables; whatever has a default in the template has it here too."""
        defaults = {
            name: str(default_of("".join(word.capitalize() for word in name.split("_"))))
            for name in (
                "QUEUE_PATIENCE_SECONDS",
                "UNSENT_GRACE_SECONDS",
                "TASK_TTL_SECONDS",
                "WORKER_SILENCE_SECONDS",
                "CLIENT_TASKS_PER_MINUTE",
                "MAX_QUEUED_TASKS",
                "MAX_READS",
                "INFER_MAX_CONCURRENCY",
                "HIGH_MAX_CONCURRENCY",
                "FETCH_SCHEDULE",
                "CALLBACK_SCHEDULE",
            )
        }
        return defaults | {
            "API_URL": "https://api.example/local",
            "TASK_LETTERS_ARN": "arn:aws:sqs:us-east-1:000000000000:task-letters",
            "HIGH_TASK_LETTERS_ARN": "arn:aws:sqs:us-east-1:000000000000:high-task-letters",
            "RESULT_LETTERS_ARN": "arn:aws:sqs:us-east-1:000000000000:result-letters",
            "CALLBACK_REACH": "local",
            "CALLBACK_PORTS": str(default_of("CallbackPorts")),
            "TASK_TABLE": self._name,
            "FILM_BUCKET": self._name,
            "TASK_QUEUE_URL": self._queues["tasks"],
            "HIGH_TASK_QUEUE_URL": self._queues["high"],
            "RESULT_QUEUE_URL": self._queues["results"],
            "WEBHOOK_SECRET_TABLE": self.tables["WebhookSecretTable"],
            "CLIENT_TABLE": self.tables["ClientTable"],
            "AUTH_MODE": "token",
            "CALLBACK_FUNCTION": "callback",
        }

    def sent(self, queue: str) -> list[dict[str, Any]]:
        """Take the messages that wait in a queue."""
        got = self._sqs.receive_message(QueueUrl=self._queues[queue], MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in got.get("Messages", [])]

    def next_sent(self, queue: str) -> dict[str, Any]:
        """Wait for the next message of a queue."""
        got = self._sqs.receive_message(QueueUrl=self._queues[queue], WaitTimeSeconds=10)
        message: dict[str, Any] = json.loads(got["Messages"][0]["Body"])
        return message

    def objects(self) -> list[str]:
        """The keys of every film and outcome."""
        listed = self._s3.list_objects_v2(Bucket=self._name)
        return [entry["Key"] for entry in listed.get("Contents", [])]

    def delete_table(self) -> None:
        """As if the table were down."""
        self._dynamodb.delete_table(TableName=self._name)

    def delete_queue(self, queue: str) -> None:
        """As if a queue were down."""
        self._sqs.delete_queue(QueueUrl=self._queues[queue])


def load_function(name: str) -> ModuleType:
    """Import a function's app.py afresh, as a new Lambda environment does."""
    path = ROOT / "functions" / name / "app.py"
    spec = importlib.util.spec_from_file_location(f"{name}_app", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
