"""What the HTTP API answers, in the contract's form.

Here is what accepts a film; what else is answered stands beside it by subject.

Keys are camelCase, times UTC to the millisecond; a key that has no value is ``null`` and not left
out. ``/openapi.json`` describes an answer by its type here.
"""

from typing import Annotated, Literal

from pydantic import ConfigDict, WithJsonSchema
from pydantic.alias_generators import to_camel

from service.model import Model

TaskId = Annotated[str, WithJsonSchema({"type": "string", "format": "uuid"})]


class Answer(Model):
    """What every answer has in common."""

    model_config = ConfigDict(
        frozen=True, alias_generator=to_camel, populate_by_name=True, serialize_by_alias=True
    )


class Accepted(Answer):
    """What was asked for will be done."""

    task_id: TaskId
    status: Literal["accepted"] = "accepted"
    message: str = "Task queued successfully"
