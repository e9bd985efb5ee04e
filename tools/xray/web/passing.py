"""Passing requests on to the API, so that a browser finds it on the page's own origin."""

import http.client
import json
import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

# What API Gateway takes at most, 10 MB, and the form around it: larger films go by /uploads.
MAX_BODY_BYTES = 11_000_000
_TIMEOUT_S = 60
# Of one connection, not of the message (RFC 9110, 7.6.1); Host is the API's own.
_HOP_BY_HOP = {
    "connection", "host", "keep-alive", "proxy-authenticate", "proxy-authorization", "te",
    "trailer", "transfer-encoding", "upgrade",
}  # fmt: skip
_PASSED_UNDER = ("/api/", "/docs/")
_PASSED = ("/health", "/openapi.json", "/docs")


@dataclass(frozen=True)
class Request:
    """What came from the browser; ``target`` is the path with its query."""

    method: str
    target: str
    headers: list[tuple[str, str]]
    body: bytes


@dataclass(frozen=True)
class Answer:
    """What goes back to the browser."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def belongs_to_api(path: str) -> bool:
    """Whether a path is the API's and not the page's."""
    return path.startswith(_PASSED_UNDER) or path in _PASSED


def pass_on(api_url: str, request: Request) -> Answer:
    """Ask the API, and give its answer as it is; redirects are the browser's to follow.

    Args:
        api_url: Base address of the API.
        request: For a path under it.
    """
    base = urlsplit(api_url)
    kind = http.client.HTTPSConnection if base.scheme == "https" else http.client.HTTPConnection
    connection = kind(base.hostname or "", base.port, timeout=_TIMEOUT_S)
    try:
        connection.request(
            request.method, base.path + request.target, request.body, dict(_kept(request.headers))
        )
        answer = connection.getresponse()
        return Answer(answer.status, _kept(answer.getheaders()), answer.read())
    except (OSError, http.client.HTTPException):
        return problem(503, 10010, "Service unavailable", "the service does not answer")
    finally:
        connection.close()


def problem(status: int, code: int, message: str, detail: str) -> Answer:
    """An error in the contract's form, of the page's own server.

    Args:
        status: Of HTTP.
        code: Of the contract.
        message: The same for every error of a code.
        detail: What exactly was wrong.
    """
    document: dict[str, Any] = {
        "code": code, "message": message, "detail": detail, "requestId": str(uuid.uuid4()),
    }  # fmt: skip
    return Answer(status, [("Content-Type", "application/json")], json.dumps(document).encode())


def _kept(headers: list[tuple[str, str]]) -> list[tuple[str, str]]:
    gone = {*_HOP_BY_HOP, "content-length", "date", "server"}
    return [(name, value) for name, value in headers if name.lower() not in gone]
