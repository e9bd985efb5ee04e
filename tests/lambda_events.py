"""Lambda's context and the events of ``events/``, for tests of the handlers."""

import base64
import json
from typing import Any

from service.task import TaskKey
from tests.builders import form_body
from tests.stack import Stack
from tests.template import ROOT


class Context:
    """Lambda's, as far as the handlers look at it."""

    function_name = "function"
    memory_limit_in_mb = 512
    invoked_function_arn = "arn:aws:lambda:us-east-1:000000000000:function:function"
    aws_request_id = "52fdfc07-2182-154f-163f-5f0f9a621d72"

    def get_remaining_time_in_millis(self) -> int:
        return 120_000


def event(name: str) -> dict[str, Any]:
    """One event of ``events/``."""
    content: dict[str, Any] = json.loads((ROOT / "events" / f"{name}.json").read_text())
    return content


def analyze(film: bytes, **fields: str) -> dict[str, Any]:
    """The event with which a post of a film triggers its function."""
    content_type, body = form_body(fields, film, boundary="a-boundary-of-the-tests")
    return event("submit/analyze") | {
        "headers": {"Content-Type": content_type},
        "multiValueHeaders": {"Content-Type": [content_type]},
        "body": base64.b64encode(body).decode(),
    }


def carried(stack: Stack, queue: str) -> dict[str, Any]:
    """The event with which the queue's next message triggers its function."""
    message = stack.next_sent(queue)
    carried = event("infer/film")
    carried["Records"][0]["body"] = json.dumps(message)
    return carried


KEY = TaskKey("local", "3f0c5a52-6d0e-4b7e-9c1d-2f6a8b9e1c11")
CONTEXT = Context()
