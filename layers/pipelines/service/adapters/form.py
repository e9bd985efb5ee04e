"""``multipart/form-data`` into fields and one file.

The strict, non-blocking parser of ``multipart`` does the reading; what is accepted beyond its own
checks is decided here.
"""

from typing import NamedTuple

from multipart import (
    MultipartError,
    MultipartSegment,
    ParserLimitReached,
    PushMultipartParser,
    parse_options_header,
)

from service.errors import ImageTooLarge, InvalidRequest

_MAX_FIELDS = 16
_MAX_FIELD_BYTES = 8192
_PLAIN = {"binary", "8bit", "7bit"}  # RFC 7578 does away with every other transfer encoding


class Form(NamedTuple):
    """A parsed form: the text fields, and the content of the file if there is one."""

    fields: dict[str, str]
    file: bytes | None


def parse_form(content_type: str, body: bytes, file_field: str, max_file_bytes: int) -> Form:
    """Parse a form that carries at most one file.

    Args:
        content_type: The request's header, with the boundary.
        body: The request's body.
        file_field: The name of the file's field.
        max_file_bytes: The largest file accepted.

    Raises:
        InvalidRequest: Not such a form, cut off, or a field twice; the detail says what.
        ImageTooLarge: The file exceeds ``max_file_bytes``.
    """
    kind, options = parse_options_header(content_type)
    if kind != "multipart/form-data" or not options.get("boundary"):
        raise InvalidRequest(
            "Content-Type: must be multipart/form-data with a boundary, or application/json"
        )
    try:
        parts = _named(_parts(options["boundary"], body), file_field)
    except ParserLimitReached:
        raise InvalidRequest("body: too many or too large parts") from None
    except MultipartError:
        raise InvalidRequest("body: malformed or cut off multipart/form-data") from None
    if not parts:
        raise InvalidRequest("body: has no part")
    file = parts.pop(file_field, None)
    if file == b"":
        raise InvalidRequest(f"{file_field}: is empty")
    if file is not None and len(file) > max_file_bytes:
        raise ImageTooLarge(
            f"{file_field}: larger than {max_file_bytes} bytes; POST /api/v1/uploads takes it"
        )
    try:
        return Form({name: content.decode() for name, content in parts.items()}, file)
    except UnicodeDecodeError:
        raise InvalidRequest("body: a text field is not UTF-8") from None


def _named(found: list[tuple[str, bytes]], file_field: str) -> dict[str, bytes]:
    parts: dict[str, bytes] = {}
    for name, content in found:
        if name in parts:
            raise InvalidRequest(f"{_printable(name)}: given twice")
        if name != file_field and len(content) > _MAX_FIELD_BYTES:
            raise InvalidRequest(f"{_printable(name)}: longer than {_MAX_FIELD_BYTES} bytes")
        parts[name] = content
    return parts


def _parts(boundary: str, body: bytes) -> list[tuple[str, bytes]]:
    found: list[tuple[str, bytes]] = []
    with PushMultipartParser(
        boundary, content_length=len(body), max_segment_count=_MAX_FIELDS, strict=True
    ) as parser:
        content: list[bytes] = []
        name = ""
        for event in (*parser.parse(body), *parser.parse(b"")):
            if isinstance(event, MultipartSegment):
                if event.header("Content-Transfer-Encoding", "binary").lower() not in _PLAIN:
                    raise InvalidRequest(f"{_printable(event.name)}: encoded; send it as it is")
                name, content = event.name, []
            elif event:
                content.append(bytes(event))
            else:
                found.append((name, b"".join(content)))
    return found


def _printable(name: str) -> str:
    return "".join(c for c in name if c.isprintable())[:40]
