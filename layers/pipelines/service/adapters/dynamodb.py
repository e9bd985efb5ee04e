"""Tasks in a DynamoDB table: one item each, written whole, and only if nobody wrote since."""

import json
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from service.adapters.attributes import from_attribute, to_attribute
from service.adapters.aws import answering
from service.errors import TaskExists
from service.ports import Cursor, Page, TaskStore, VersionConflict
from service.task import Priority, Step, Task, TaskKey, TaskSummary

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

# One partition each: the indexes hold only what waits.
_DUE = "due"
_UNREAD = {Priority.NORMAL: "unread", Priority.HIGH: "unread#high"}
_BEAT = "beat#infer"  # no client can be called so: a name holds no '#'
_PACE = "pace#"  # and so for these, one for each task type


class DynamoTaskStore(TaskStore):
    """The table and its indexes: ``due`` and ``unread`` are sparse, ``client`` lists all."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def add(self, task: Task) -> None:
        """Write a new task; see :meth:`TaskStore.add`."""
        with answering("table"):
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item=_to_item(task),
                    # An expired record is as good as gone: the table removes it hours late.
                    ConditionExpression="attribute_not_exists(id) OR expiresAt <= :now",
                    ExpressionAttributeValues={":now": _epoch(task.created_at)},
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                stored = self.get(task.key)
                # A retry inside the client may meet what its first, unanswered try wrote.
                if stored is None or stored.film_key != task.film_key:
                    raise TaskExists(f"taskId: {task.task_id} has been used before") from None

    def get(self, key: TaskKey) -> Task | None:
        """Read a task, consistently."""
        item = self._get_item(str(key))
        return None if item is None else _from_item(item)

    def save(self, task: Task) -> Task:
        """Write a task if nobody wrote since; see :meth:`TaskStore.save`."""
        following = replace(task, version=task.version + 1)
        with answering("table"):
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item=_to_item(following),
                    # The film's key too: an expired record may have made room for another.
                    ConditionExpression="version = :version AND film_key = :film",
                    ExpressionAttributeValues={
                        ":version": {"N": str(task.version)},
                        ":film": {"S": task.film_key},
                    },
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                raise VersionConflict(str(task.key)) from None
        return following

    def due(self, now: datetime, limit: int) -> list[TaskKey]:
        """Query the index; it may lag behind the table by a moment."""
        keys: list[TaskKey] = []
        with answering("table"):
            pages = self._client.get_paginator("query").paginate(
                TableName=self._table,
                IndexName="due",
                KeyConditionExpression="due = :due AND dueAt <= :now",
                ExpressionAttributeValues={":due": {"S": _DUE}, ":now": _epoch(now)},
                PaginationConfig={"MaxItems": limit},
            )
            for page in pages:
                keys += [TaskKey.parse(item["id"]["S"]) for item in page["Items"]]
        return keys

    def page(self, client: str, limit: int, cursor: Cursor | None) -> Page:
        """Query the index ``client``."""
        start: dict[str, Any] = {}
        if cursor:
            key = TaskKey(client, cursor.task_id)  # never another client's, whatever was sent
            start["ExclusiveStartKey"] = {
                "id": {"S": str(key)},
                "client": {"S": client},
                "created_at": {"S": cursor.created_at},
            }
        with answering("table"):
            found = self._client.query(
                TableName=self._table,
                IndexName="client",
                KeyConditionExpression="client = :client",
                ExpressionAttributeValues={":client": {"S": client}},
                ScanIndexForward=False,
                Limit=limit,
                **start,
            )
        tasks = [msgspec.convert(_read(item), TaskSummary) for item in found["Items"]]
        last = found.get("LastEvaluatedKey")
        following = (
            Cursor(last["created_at"]["S"], TaskKey.parse(last["id"]["S"]).task_id)
            if last
            else None
        )
        return Page(tasks, following)

    def oldest_unread(self) -> datetime | None:
        """Query the index ``unread`` for its first entry."""
        found = []
        with answering("table"):
            for partition in _UNREAD.values():
                found += self._client.query(
                    TableName=self._table,
                    IndexName="unread",
                    KeyConditionExpression="unread = :unread",
                    ExpressionAttributeValues={":unread": {"S": partition}},
                    Limit=1,
                )["Items"]
        return min((_moment(item["unreadSince"]) for item in found), default=None)

    def unread_before(self, task: Task, limit: int) -> int:
        """Count in the index ``unread``; it holds keys only, so a thousand cost a few reads."""
        with answering("table"):
            counted = self._client.query(
                TableName=self._table,
                IndexName="unread",
                KeyConditionExpression="unread = :unread AND unreadSince < :since",
                ExpressionAttributeValues={
                    ":unread": {"S": _UNREAD[task.priority]},
                    ":since": _epoch(task.created_at),
                },
                Select="COUNT",
                Limit=limit,
            )
        return counted["Count"]

    def pace(self, task_type: str) -> timedelta | None:
        """Read the type's own item."""
        item = self._get_item(_PACE + task_type)
        return None if item is None else timedelta(seconds=float(item["seconds"]["N"]))

    def set_pace(self, task_type: str, pace: timedelta) -> None:
        """Write the type's own item."""
        seconds = {"N": f"{pace.total_seconds():.3f}"}
        with answering("table"):
            self._client.put_item(
                TableName=self._table,
                Item={"id": {"S": _PACE + task_type}, "seconds": seconds},
            )

    def beat(self, now: datetime) -> None:
        """Record that the infer function lives."""
        with answering("table"):
            self._client.put_item(
                TableName=self._table, Item={"id": {"S": _BEAT}, "at": _epoch(now)}
            )

    def last_beat(self) -> datetime | None:
        """When the infer function last showed that it lives."""
        item = self._get_item(_BEAT)
        return None if item is None else _moment(item["at"])

    def _get_item(self, key: str) -> dict[str, Any] | None:
        with answering("table"):
            found = self._client.get_item(
                TableName=self._table, Key={"id": {"S": key}}, ConsistentRead=True
            )
        return found.get("Item")


class DynamoCounters:
    """Counters beside the tasks, in the same table; see :class:`service.ports.Counters`."""

    def __init__(self, client: "DynamoDBClient", table: str) -> None:
        self._client = client
        self._table = table

    def add(self, name: str, by: int, until: datetime) -> int:
        """Count on, in one write."""
        with answering("table"):
            changed = self._client.update_item(
                TableName=self._table,
                Key={"id": {"S": name}},
                UpdateExpression="ADD used :by SET expiresAt = :until",
                ExpressionAttributeValues={":by": {"N": str(by)}, ":until": _epoch(until)},
                ReturnValues="UPDATED_NEW",
            )
        return int(changed["Attributes"]["used"]["N"])


def _to_item(task: Task) -> dict[str, Any]:
    document = json.loads(msgspec.json.encode(task), parse_float=Decimal)
    del document["due_at"]  # under the index's own name below
    item = {name: to_attribute(value) for name, value in document.items() if value is not None}
    item["id"] = {"S": str(task.key)}
    if task.waits_for is None:
        # What still waits for somebody does not vanish, however long it takes.
        item["expiresAt"] = _epoch(task.expires_at)
    if task.waits_for is Step.READ:
        item |= {"unread": {"S": _UNREAD[task.priority]}, "unreadSince": _epoch(task.created_at)}
    if task.due_at:
        item |= {"due": {"S": _DUE}, "dueAt": _epoch(task.due_at)}
    return item


def _from_item(item: dict[str, Any]) -> Task:
    document = _read(item)
    if "dueAt" in item:
        try:
            document["due_at"] = _moment(item["dueAt"]).isoformat()
        except (ValueError, OverflowError, KeyError):
            raise msgspec.ValidationError("dueAt: no moment") from None
    return msgspec.json.decode(json.dumps(document, default=_plain), type=Task)


def _read(item: dict[str, Any]) -> dict[str, Any]:
    return {name: from_attribute(value) for name, value in item.items()}


def _moment(value: Any) -> datetime:
    return datetime.fromtimestamp(float(value["N"]), UTC)


def _plain(value: Any) -> int | float:
    if isinstance(value, Decimal):
        return int(value) if value == value.to_integral_value() else float(value)
    raise TypeError(type(value).__name__)


def _epoch(moment: datetime) -> Any:
    """Seconds since 1970: whole for TTL's sake where they are whole, else to the millisecond."""
    return {"N": f"{moment.timestamp():.3f}".rstrip("0").rstrip(".")}
