"""What can go wrong with a call.

::

    ClientError
    ├── NoAnswer                    nobody answered, or not in the contract's form
    ├── Refused                     the service's own answer, by its code
    │   ├── InvalidRequest   10001
    │   ├── TaskExists       10002
    │   ├── UnsupportedImage 10003
    │   ├── ImageTooLarge    10004
    │   ├── AddressNotAllowed 10005
    │   ├── NotFound         10006
    │   ├── NotAllowed       10007
    │   ├── TooManyRequests  10008
    │   ├── NotInThisState   10009
    │   └── Unavailable      10010
    ├── TaskFailed                  the film was not read: 12001 … 12006
    └── TaskCancelled

The text of each is for a person.
"""

from collections.abc import Mapping
from typing import Any, Self


class ClientError(Exception):
    """Anything that this package raises."""


class NoAnswer(ClientError):
    """Nobody answered, or not as the service does."""


class Refused(ClientError):
    """The service refused.

    Attributes:
        code: The contract's number.
        status: HTTP status.
        detail: What exactly was wrong.
        request_id: For whoever runs the service.
    """

    code: int = 0
    status: int = 0
    detail: str = ""
    request_id: str = ""

    @classmethod
    def of(cls, status: int, document: Mapping[str, Any]) -> Self:
        """The error that an answer tells of, as the class of its code."""
        code = document.get("code")
        kind = next((known for known in cls.__subclasses__() if known.code == code), cls)
        detail = document.get("detail") or ""
        error = kind(f"{document.get('message')} ({code or status}){detail and ': '}{detail}")
        error.code, error.status = code or 0, status
        error.detail, error.request_id = detail, document.get("requestId") or ""
        return error


class InvalidRequest(Refused):
    """The request fails validation; the detail begins with the field."""

    code = 10001


class TaskExists(Refused):
    """The taskId is taken."""

    code = 10002


class UnsupportedImage(Refused):
    """The image's format is not supported."""

    code = 10003


class ImageTooLarge(Refused):
    """The image is too large for every way in."""

    code = 10004


class AddressNotAllowed(Refused):
    """The callbackUrl or imageUrl is not allowed."""

    code = 10005


class NotFound(Refused):
    """No such task."""

    code = 10006


class NotAllowed(Refused):
    """The token is missing or wrong."""

    code = 10007


class TooManyRequests(Refused):
    """Still too many, after as many tries as were allowed."""

    code = 10008


class NotInThisState(Refused):
    """The task's state does not allow it."""

    code = 10009


class Unavailable(Refused):
    """A part of the service is not available; nothing was accepted."""

    code = 10010


class TaskFailed(ClientError):
    """The film was not read.

    Attributes:
        code: Why, by the contract's number: 12001 … 12006.
    """

    def __init__(self, code: int, message: str) -> None:
        super().__init__(f"{message} ({code})")
        self.code = code


class TaskCancelled(ClientError):
    """The task was cancelled."""
