"""JSON as DynamoDB writes it: each value under the name of its type."""

from collections.abc import Mapping
from decimal import Decimal
from typing import Any


def to_attribute(value: Any) -> dict[str, Any]:
    """Write a value.

    Args:
        value: Of JSON's types; a number as int or Decimal, of at most 38 digits.

    Raises:
        TypeError: It is of another type.
    """
    match value:
        case None:
            return {"NULL": True}
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case int() | Decimal():
            return {"N": str(value)}
        case list():
            return {"L": [to_attribute(item) for item in value]}
        case dict():
            return {"M": {name: to_attribute(item) for name, item in value.items()}}
    raise TypeError(type(value).__name__)


def from_attribute(attribute: Mapping[str, Any]) -> Any:
    """Read what :func:`to_attribute` wrote; a number is a Decimal.

    Raises:
        TypeError: Its type is none of JSON's.
    """
    [(kind, value)] = attribute.items()
    match kind:
        case "NULL":
            return None
        case "BOOL" | "S":
            return value
        case "N":
            return Decimal(value)
        case "L":
            return [from_attribute(item) for item in value]
        case "M":
            return {name: from_attribute(item) for name, item in value.items()}
    raise TypeError(kind)
