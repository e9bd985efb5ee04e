"""What the HTTP API answers, in the contract's form.

Here is what accepts a film; what else is answered stands beside it by subject.

Keys are camelCase, times UTC to the millisecond; a key that has no value is ``null`` and not left
out. ``/openapi.json`` describes an answer by its type here.
"""

from typing import Annotated, Literal

from msgspec import Meta, Struct

TaskId = Annotated[str, Meta(extra_json_schema={"format": "uuid"})]


class Answer(Struct, frozen=True, kw_only=True, rename="camel"):
    """What every answer has in common."""


class Accepted(Answer, frozen=True, kw_only=True):
    """What was asked for will be done."""

    task_id: TaskId
    status: Literal["accepted"] = "accepted"
    message: str = "Task queued successfully"
