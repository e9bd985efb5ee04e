"""Lambda's context and the events of ``events/``, for tests of the handlers."""

import json
from typing import Any

from service.task import TaskKey
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


KEY = TaskKey("local", "3f0c5a52-6d0e-4b7e-9c1d-2f6a8b9e1c11")
CONTEXT = Context()
