"""Letting every process start that will be needed at once: each start costs most of a second."""

import functools
import json
import urllib.error
import urllib.request
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, Any

from xray.cloud.errors import CloudError

if TYPE_CHECKING:
    from xray.cloud.local import CloudSettings, LocalCloud

_CALLBACKS = 4  # a receiver seldom answers so slowly that more are busy at once
_TIMEOUT_S = 60
# The emulator's first starts may trip over each other; processes that stand answer at once.
_ROUNDS = 3


def warm_up(cloud: "LocalCloud", settings: "CloudSettings") -> None:
    """Let the functions that this stack has handle harmless events, all at once.

    Args:
        cloud: Deployed.
        settings: How many processes are wanted.

    Raises:
        CloudError: A function failed, or the service is not healthy.
    """
    event = _message_about_nothing()
    counts = {
        "InferFunction": settings.workers,  # the idle worker that waits longest is taken first
        "CallbackFunction": min(_CALLBACKS, settings.warm),
        "RecoverFunction": 1,
        "AuthorizeFunction": 1,  # the gateway remembers what it says
    }
    events: dict[str, Any] = {
        # The sweeper takes messages for dead letters; a sweep of an empty table is quick.
        "RecoverFunction": {},
        "AuthorizeFunction": {"methodArn": "warm/up", "headers": {}},
    }
    calls: list[Callable[[], Any]] = []
    if "ApiId" in cloud.outputs:
        calls += [functools.partial(_ask_health, cloud.api_url)] * settings.warm
    for name, count in counts.items():
        if name in cloud.outputs:
            calls += [functools.partial(cloud.invoke, name, events.get(name, event))] * count
    for _ in range(_ROUNDS):
        failures = _failures(calls)
        if not failures:
            return
    raise failures[0]


def _failures(calls: list[Callable[[], Any]]) -> list[CloudError]:
    with ThreadPoolExecutor(max(1, len(calls))) as threads:
        errors = [done.exception() for done in [threads.submit(call) for call in calls]]
    for error in errors:
        if error and not isinstance(error, CloudError):
            raise error
    return [error for error in errors if isinstance(error, CloudError)]


def _message_about_nothing() -> dict[str, Any]:
    """An SQS event about a task that never was: read, looked up, acknowledged."""
    body = {"client": "local", "task_id": "00000000-0000-4000-8000-000000000000"}
    record = {
        "messageId": "warm-up",
        "receiptHandle": "warm-up",
        "body": json.dumps(body),
        "attributes": {"ApproximateReceiveCount": "1"},
        "eventSource": "aws:sqs",
    }
    return {"Records": [record]}


def _ask_health(api_url: str) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    try:
        with opener.open(f"{api_url}/health", timeout=_TIMEOUT_S):
            return
    except urllib.error.HTTPError as error:
        with error:
            text = error.read().decode(errors="replace")[:2000]
        raise CloudError(f"/health answers {error.code}: {text}") from None
