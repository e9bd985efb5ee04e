"""Values as DynamoDB writes them, beside what boto3 makes of them."""

from decimal import Decimal

import pytest
from boto3.dynamodb.types import TypeDeserializer, TypeSerializer

from service.adapters.attributes import from_attribute, to_attribute

VALUES = (
    None, True, False, "", "ö", 0, -1, 10**30, Decimal("0.1"), Decimal("-1.5e-7"), [], {},
    [1, "1", True, None, [Decimal("2.50")]], {"a": {"b": [{"c": 1}]}, "": "x"},
)  # fmt: skip


@pytest.mark.parametrize("value", VALUES, ids=repr)
def test_a_value_is_written_and_read_as_boto3_does(value) -> None:
    written = to_attribute(value)
    assert written == TypeSerializer().serialize(value)
    assert from_attribute(written) == TypeDeserializer().deserialize(written) == value


@pytest.mark.parametrize("value", [1.5, b"x", {1}, object()], ids=repr)
def test_what_is_no_json_is_refused(value) -> None:
    with pytest.raises(TypeError):
        to_attribute(value)


def test_what_nobody_wrote_is_refused() -> None:
    with pytest.raises(TypeError):
        from_attribute({"SS": ["x"]})
