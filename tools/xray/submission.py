"""Submitting films and following them until their reports are there."""

import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xray.client import Client, ClientError, NotGenuine, verify
from xray.receiver import Receiver

_POSTS_AT_ONCE = 16
_ROUND_GAP_S = 0.5  # a status costs the service as much as a post


@dataclass
class Submission:
    """One film on its way.

    Attributes:
        path: The file.
        state: A word for people: posting, the task's status, done or failed.
        task_id: Known once the film is accepted.
        report: The callback's document, once it is there.
        error: Why there is no report.
        answer_s: How long the service took to answer the post.
    """

    path: Path
    state: str = "posting"
    task_id: str | None = None
    report: Mapping[str, Any] | None = None
    error: str | None = None
    answer_s: float = 0.0

    @property
    def ended(self) -> bool:
        """Whether nothing more will come."""
        return self.state in ("done", "failed")

    def fail(self, why: str) -> None:
        """End without a report.

        Args:
            why: For a person.
        """
        self.state, self.error = "failed", why

    def finish(self, report: Mapping[str, Any]) -> None:
        """End with what the service sent.

        Args:
            report: The callback's document; it may tell of an error.
        """
        self.report = report
        if report["error"]:
            self.fail(f"{report['error']['message']} ({report['error']['code']})")
        else:
            self.state = "done"


@dataclass(frozen=True)
class Route:
    """How films go out and reports come back.

    Attributes:
        client: Where films go.
        task_type: What they show.
        callback_url: Where the service delivers.
        receiver: Ours, if it listens there; without one a report is read from the task's status.
        secret: What callbacks are signed with; without one they are believed as they come.
    """

    client: Client
    task_type: str
    callback_url: str
    receiver: Receiver | None = None
    secret: str | None = None


Changed = Callable[[Submission], None]


def submit_films(
    paths: Sequence[Path], route: Route, changed: Changed, timeout_s: float
) -> list[Submission]:
    """Submit films and wait for all reports; one that fails does not stop the rest.

    Args:
        paths: The films.
        route: How they go out and come back.
        changed: Told of every change of state; posts call it from threads.
        timeout_s: How long to wait in all.

    Returns:
        One entry for each film, in the same order, all ended.
    """
    deadline = time.monotonic() + timeout_s
    submissions = [Submission(path) for path in paths]
    with ThreadPoolExecutor(_POSTS_AT_ONCE) as threads:
        for _ in threads.map(lambda submission: _post(submission, route, changed), submissions):
            pass
    while waiting := [submission for submission in submissions if not submission.ended]:
        for submission in waiting:
            before = submission.state
            _look(submission, route)
            if not submission.ended and time.monotonic() > deadline:
                submission.fail(f"no report after {timeout_s:.0f} s")
            if submission.state != before:
                changed(submission)
        time.sleep(_ROUND_GAP_S)
    return submissions


def _post(submission: Submission, route: Route, changed: Changed) -> None:
    try:
        film = submission.path.read_bytes()
        started = time.monotonic()
        task = route.client.analyze(film, type=route.task_type, callback_url=route.callback_url)
        submission.task_id = task.id
        submission.answer_s = time.monotonic() - started
        submission.state = "accepted"
    except OSError as error:
        submission.fail(f"{submission.path}: {error.strerror}")
    except ClientError as error:
        submission.fail(str(error))
    changed(submission)


def _look(submission: Submission, route: Route) -> None:
    """Ask once how a task stands, and take the report if it is there."""
    delivered = _delivered(submission, route)
    if delivered is not None:
        submission.finish(delivered)
        return
    try:
        task = route.client.task(str(submission.task_id)).status()
    except ClientError as error:
        submission.fail(str(error))
        return
    submission.state = str(task["status"])
    if submission.state == "cancelled":
        submission.fail("cancelled")
    elif submission.state in ("completed", "failed"):
        submission.state = "delivering"
        if route.receiver is None:
            submission.finish({key: task[key] for key in ("taskId", "data", "error")})
        elif task["callback"]["state"] == "exhausted":
            submission.fail(f"the callback was not delivered: {task['callback']['attempts'][-1:]}")


def _delivered(submission: Submission, route: Route) -> Mapping[str, Any] | None:
    for received in route.receiver.received if route.receiver else []:
        try:
            if route.secret:
                document = verify(received.body, received.headers, route.secret)
            else:
                document = received.json()
        except (ValueError, NotGenuine):
            continue
        if isinstance(document, dict) and document.get("taskId") == submission.task_id:
            return document
    return None
