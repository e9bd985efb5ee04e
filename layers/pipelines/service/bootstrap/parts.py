"""The adapters that every function uses which has to do with films."""

from typing import Any

from service.adapters.aws import client
from service.adapters.clock import SystemClock
from service.adapters.dynamodb import DynamoCounters, DynamoTaskStore
from service.adapters.s3 import S3FilmStore
from service.adapters.sqs import SqsQueue
from service.ports import TaskQueues
from service.settings.films import FilmSettings
from service.task import Priority


class Parts:
    """The table, the bucket and the queues of one process."""

    def __init__(self, settings: FilmSettings) -> None:
        """Reach them.

        Args:
            settings: Where they are.
        """
        s3: Any = client("s3")
        sqs: Any = client("sqs")
        dynamodb: Any = client("dynamodb")
        self.tasks = DynamoTaskStore(dynamodb, settings.task_table)
        self.counters = DynamoCounters(dynamodb, settings.task_table)
        self.films = S3FilmStore(s3, settings.film_bucket)
        self.queues: TaskQueues = {
            Priority.NORMAL: SqsQueue(sqs, settings.task_queue_url),
            Priority.HIGH: SqsQueue(sqs, settings.high_task_queue_url),
        }
        self.results = SqsQueue(sqs, settings.result_queue_url)
        self.clock = SystemClock()
