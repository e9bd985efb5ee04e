"""What the HTTP API answers when it refuses a request."""

from typing import Annotated

from msgspec import Meta

from service.answers import Answer


class Problem(Answer, frozen=True, kw_only=True):
    """What was wrong with a request."""

    code: Annotated[int, Meta(description="The contract's number.")]
    message: Annotated[str, Meta(description="The same for every error of a code.")]
    detail: Annotated[
        str, Meta(description="What exactly was wrong; begins with the field, if one was.")
    ]


class Error(Problem, frozen=True, kw_only=True):
    """The answer to every request that is refused or fails."""

    request_id: str
