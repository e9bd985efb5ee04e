"""What a client sent, as one of our models; or which field is wrong, without what it holds."""

import re
from collections.abc import Mapping
from typing import Any, TypeVar

import msgspec

from service.errors import InvalidRequest

Kind = TypeVar("Kind", bound=msgspec.Struct)

# As msgspec words it. A field that is missing or unknown stands in the sentence, every other in the
# path behind it; either may be named by the client.
_FIELD = re.compile(
    r"Object (missing required|contains unknown) field `(.*)`(?: - at `\$[^`]*`)?", re.DOTALL
)
_NO_NUMBER = re.compile(r"expected (int|float), got str")
_QUOTES = ("Invalid enum value", "Invalid value")  # what was sent, which nobody repeats


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
        if typed:
            return msgspec.convert(sent, kind)
        return msgspec.convert(_texts(sent), kind, strict=False)
    except UnicodeEncodeError:
        raise InvalidRequest("body: half of a character stands alone") from None
    except msgspec.ValidationError as error:
        problem = _problem(error, kind)
        if not typed:  # every value is a text
            problem = _NO_NUMBER.sub("must be a number, written as in JSON", problem)
        raise InvalidRequest(problem) from None


def _texts(sent: Mapping[str, str]) -> dict[str, str]:
    """Without blanks at the ends; ``null`` is refused, which msgspec would take for nothing."""
    texts = {name: text.strip() for name, text in sent.items()}
    for name, text in texts.items():
        if text.lower() == "null":
            raise InvalidRequest(f"{name}: null is no value here; leave it out")
    return texts


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
    text = str(error)
    if found := _FIELD.fullmatch(text):
        wrong = "field required" if found[1] == "missing required" else "unknown field"
        return f"{found[2] or 'body'}: {wrong}"
    before, at, path = text.rpartition(" - at `$.")
    name, text = (path.rstrip("`"), before) if at else ("body", text)
    if text.startswith(_QUOTES):
        choices = _choices(kind, name)
        known = f"one of {', '.join(choices)}" if choices else "one of the values that are known"
        return f"{name}: must be {known}"
    text = text.replace(" | null", "").replace("`", "")
    return f"{name}: {text[0].lower()}{text[1:]}"


def _choices(kind: type[msgspec.Struct], name: str) -> list[str]:
    """What a field may be that knows a few values only; nothing if it is not that simple."""
    _, schemas = msgspec.json.schema_components([kind], ref_template="{name}")
    described = schemas[kind.__name__].get("properties", {}).get(name, {})
    options = described.get("anyOf", [described])
    found = [schemas.get(one.get("$ref"), one).get("enum", []) for one in options]
    return [str(choice) for choices in found for choice in choices]
