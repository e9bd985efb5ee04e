"""What a client sent, as one of our models; or which field is wrong, without what it holds."""

import re
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from service.errors import InvalidRequest

Kind = TypeVar("Kind", bound=msgspec.Struct)

# As msgspec words it: the field is no part of the path where it is missing or unknown.
_FIELD = re.compile(r"Object (missing required|contains unknown) field `(.*)`", re.DOTALL)


def validated(sent: Mapping[str, Any], kind: type[Kind], *, typed: bool = True) -> Kind:
    """Validate some fields.

    Args:
        sent: Name → value, of JSON's types.
        kind: What they are to be.
        typed: Whether a number must be one; else every value is a text that may say a number.

    Raises:
        InvalidRequest: The detail names the field.
    """
    try:
        # JSON has halves of characters, Unicode has not: nobody could store or answer them.
        "".join([*sent, *(value for value in sent.values() if isinstance(value, str))]).encode()
        if not typed:
            _refuse_null(sent)
        return msgspec.convert(sent, kind, strict=typed)
    except UnicodeEncodeError:
        raise InvalidRequest("body: half of a character stands alone") from None
    except msgspec.ValidationError as error:
        raise InvalidRequest(_problem(error, kind)) from None


def _refuse_null(sent: Mapping[str, str]) -> None:
    """Refuse a text that msgspec would take for nothing."""
    for name, text in sent.items():
        if text.lower() == "null":
            raise InvalidRequest(f"{name}: null is no value here; leave it out")


def validated_json(body: bytes, kind: type[Kind]) -> Kind:
    """Validate a body that is one JSON object.

    Raises:
        InvalidRequest: The detail names the field.
    """
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.ValidationError as error:
        raise InvalidRequest(_problem(error, kind)) from None
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        raise InvalidRequest("body: not valid JSON") from None


def _problem(error: msgspec.ValidationError, kind: type[msgspec.Struct]) -> str:
    text, _, path = str(error).partition(" - at `$.")
    name = path.rstrip("`") or "body"
    if found := _FIELD.search(text):
        name, text = found[2], "field required" if found[1][0] == "m" else "unknown field"
    elif text.startswith("Invalid enum value"):  # which it goes on to quote
        text = f"must be one of {', '.join(_choices(kind, name))}"
    text = text.replace(" | null", "").replace("`", "")
    return f"{name}: {text[0].lower()}{text[1:]}"


def _choices(kind: type[msgspec.Struct], name: str) -> list[str]:
    """What a field may be that knows a few values only."""
    schema = msgspec.json.schema(kind)
    [described] = [
        fields["properties"][name]
        for fields in schema["$defs"].values()
        if name in fields.get("properties", {})
    ]
    found: list[str] = []
    for one in described.get("anyOf", [described]):
        target = schema["$defs"][one["$ref"].rpartition("/")[2]] if "$ref" in one else one
        found += target.get("enum", [])
    return found
