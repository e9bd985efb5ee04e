"""What is known of clients, in DynamoDB: one table for each kind of record, one item a client."""

from typing import TYPE_CHECKING, Any, Generic

import msgspec
from msgspec.structs import replace

from service.adapters.aws import answering
from service.ports import NameTaken, Record, VersionConflict

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient


class DynamoClientStore(Generic[Record]):
    """A table with the key ``client``; see :class:`service.ports.ClientStore`."""

    def __init__(self, client: "DynamoDBClient", table: str, kind: type[Record]) -> None:
        """Keep records in a table.

        Args:
            client: Of DynamoDB.
            table: Its name.
            kind: What the records are.
        """
        self._client = client
        self._table = table
        self._kind = kind

    def add(self, record: Record) -> None:
        """Write a new client's record."""
        with answering("clients"):
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item=_to_item(record),
                    ConditionExpression="attribute_not_exists(client)",
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                raise NameTaken(record.client) from None

    def get(self, client: str) -> Record | None:
        """Read a client's record, consistently."""
        with answering("clients"):
            found = self._client.get_item(
                TableName=self._table, Key={"client": {"S": client}}, ConsistentRead=True
            ).get("Item")
        return None if found is None else self._from_item(found)

    def save(self, record: Record) -> Record:
        """Write a record if nobody wrote since."""
        following = replace(record, version=record.version + 1)
        with answering("clients"):
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item=_to_item(following),
                    ConditionExpression="version = :version",
                    ExpressionAttributeValues={":version": {"N": str(record.version)}},
                )
            except self._client.exceptions.ConditionalCheckFailedException:
                raise VersionConflict(record.client) from None
        return following

    def all(self) -> list[Record]:
        """Scan the table: for an operator, never for a request."""
        with answering("clients"):
            pages = self._client.get_paginator("scan").paginate(TableName=self._table)
            items = [item for page in pages for item in page["Items"]]
        return sorted(map(self._from_item, items), key=lambda record: record.client)

    def _from_item(self, item: dict[str, Any]) -> Record:
        return msgspec.json.decode(item["record"]["S"], type=self._kind)


def _to_item(record: Record) -> dict[str, Any]:
    return {
        "client": {"S": record.client},
        "version": {"N": str(record.version)},
        "record": {"S": msgspec.json.encode(record).decode()},
    }
