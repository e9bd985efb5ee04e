"""Everything that can go wrong, with the codes that a client sees.

::

    ServiceError                       answered over HTTP
    ├── InvalidRequest        10001    400 (and 405: a method that a path does not serve)
    ├── TaskExists            10002    409
    ├── UnsupportedImage      10003    400
    ├── ImageTooLarge         10004    413
    ├── AddressNotAllowed     10005    400
    ├── NotFound              10006    404
    ├── NotAuthenticated      10007    401
    ├── NotAuthorized         10007    403   answered by the gateway
    ├── TooManyRequests       10008    429
    ├── NotInThisState        10009    409
    └── Unavailable           10010    503   the only one that may pass if tried again

    FilmFailed                         ends a task: recorded, and sent to the client's callback
        12001 … 12006
    FetchFailed                        a film's address gave none; some of these are tried again

For a queue, raising means "again" and a recorded failure means "done": a use case lets
:class:`Unavailable` out and turns :class:`FilmFailed` into the task's outcome.
"""

from datetime import timedelta
from enum import IntEnum
from typing import Any, ClassVar


class ServiceError(Exception):
    """A request that is answered with an error of the contract.

    Attributes:
        code: The contract's number.
        http_status: The status it is answered with.
        message: The same for every error of a code.
        detail: What exactly was wrong, shown to the client; never content of the film.
    """

    code: ClassVar[int]
    http_status: int
    message: ClassVar[str]

    def __init__(self, detail: str) -> None:
        super().__init__(detail)
        self.detail = detail

    def as_dict(self) -> dict[str, Any]:
        """As clients see it."""
        return {"code": self.code, "message": self.message, "detail": self.detail}


class InvalidRequest(ServiceError):
    """The request fails validation; the detail begins with the field's name."""

    code, http_status, message = 10001, 400, "Invalid request"


class MethodNotAllowed(InvalidRequest):
    """The path exists and does not serve this method.

    Attributes:
        allowed: The methods that it serves.
    """

    http_status = 405

    def __init__(self, detail: str, allowed: tuple[str, ...]) -> None:
        super().__init__(detail)
        self.allowed = allowed


class TaskExists(ServiceError):
    """The client has used this taskId before."""

    code, http_status, message = 10002, 409, "Task already exists"


class UnsupportedImage(ServiceError):
    """The content is none of the formats that the task type reads."""

    code, http_status, message = 10003, 400, "Image format not supported"


class ImageTooLarge(ServiceError):
    """The film does not fit through this way in."""

    code, http_status, message = 10004, 413, "Image too large"


class AddressNotAllowed(ServiceError):
    """A callbackUrl or an imageUrl that must not be called."""

    code, http_status, message = 10005, 400, "Address not allowed"


class NotFound(ServiceError):
    """No such task of this client, or no such path."""

    code, http_status, message = 10006, 404, "Not found"


class NotAuthenticated(ServiceError):
    """Nothing says who asks."""

    code, http_status, message = 10007, 401, "Not authenticated"


class NotAuthorized(ServiceError):
    """Whoever asks may not."""

    code, http_status, message = 10007, 403, "Not authorized"


class TooManyRequests(ServiceError):
    """More than the client's quota, or more than may wait; nothing was accepted.

    Attributes:
        retry_after: When it is worth while to come again.
    """

    code, http_status, message = 10008, 429, "Too many requests"

    def __init__(self, detail: str, retry_after: timedelta) -> None:
        super().__init__(detail)
        self.retry_after = retry_after


class NotInThisState(ServiceError):
    """The task's state does not allow it."""

    code, http_status, message = 10009, 409, "State does not allow it"


class Unavailable(ServiceError):
    """A part of the service did not answer. Trying again may help."""

    code, http_status, message = 10010, 503, "Service unavailable"


class FailureCode(IntEnum):
    """Why a task failed, as its callback says."""

    INFERENCE_FAILED = 12001
    IMAGE_UNREADABLE = 12002
    WRONG_FILM = 12003
    MODEL_INVALID = 12004
    TIMED_OUT = 12005
    NOT_FETCHED = 12006


class FilmFailed(Exception):
    """A film that will never be read: trying again would give the same."""

    def __init__(self, code: FailureCode, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


class FetchFailed(Exception):
    """An imageUrl gave no film; the text never repeats the address.

    Attributes:
        passing: Whether trying again may help.
    """

    def __init__(self, reason: str, *, passing: bool) -> None:
        super().__init__(reason)
        self.passing = passing
