"""What the table may hold that nobody here wrote."""

from typing import Any

import pytest
from msgspec import ValidationError

from service.adapters.dynamodb import DynamoTaskStore
from service.task import TaskKey


class OddTable:
    """A client of DynamoDB that answers with one item."""

    def __init__(self, **item: dict[str, str]) -> None:
        self.item = item

    def get_item(self, **_: object) -> Any:
        return {"Item": self.item}


@pytest.mark.parametrize("due", [{"N": "-1e12"}, {"N": "1e300"}, {"S": "1"}])
def test_a_record_that_nobody_can_read_says_so_and_nothing_else(due: dict[str, str]) -> None:
    tasks = DynamoTaskStore(OddTable(client={"S": "local"}, dueAt=due), "tasks")
    with pytest.raises(ValidationError):
        tasks.get(TaskKey("local", "t"))
