"""What the HTTP API answers when it refuses a request."""

from pydantic import Field

from service.answers import Answer


class Problem(Answer):
    """What was wrong with a request."""

    code: int = Field(description="The contract's number.")
    message: str = Field(description="The same for every error of a code.")
    detail: str = Field(description="What exactly was wrong; begins with the field, if one was.")


class Error(Problem):
    """The answer to every request that is refused or fails."""

    request_id: str
