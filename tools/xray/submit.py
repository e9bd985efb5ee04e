"""``xray submit``: films to a running service, reports back."""

import json
import os
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Annotated, Any

import typer

from xray import terminal
from xray.client import Client, is_local
from xray.project import ProjectMissing
from xray.receiver import Receiver
from xray.submission import Route, Submission, submit_films
from xray.up import running_cloud, running_service

_TIMEOUT_S = 600.0


def submit(
    films: Annotated[list[Path], typer.Argument(metavar="FILM…", help="JPEG, PNG, BMP, DICOM.")],
    task_type: Annotated[str, typer.Option("--type", help="What the films show.")] = "ceph",
    url: Annotated[
        str | None, typer.Option(help="API address; without it, that of 'xray up'.")
    ] = None,
    callback: Annotated[
        str | None, typer.Option(help="Where reports go; without it, to this program.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="Folder for the reports.")] = None,
) -> None:
    """Submit films, show how they get on, print or save the reports.

    Where the service asks for a token, XRAY_TOKEN has it; that of 'xray up' is known.
    """
    api_url = url or _local_service()
    token = os.environ.get("XRAY_TOKEN") or (None if url else _local_token())
    client = Client(api_url, token)
    if callback is None and not is_local(api_url):
        raise terminal.stop("a service elsewhere cannot call this machine: name a --callback")
    with terminal.interruptible():
        started = time.monotonic()
        with terminal.steps() as step, _route(client, task_type, callback) as route:

            def changed(submission: Submission) -> None:
                why = f"  {submission.error}" if submission.error else ""
                step(f"{submission.path.name}  {submission.state}{why}")

            submissions = submit_films(films, route, changed, _TIMEOUT_S)
        done = [submission for submission in submissions if not submission.error]
        _hand_over(done, out)
        answers_ms = [submission.answer_s * 1000 for submission in submissions]
        terminal.console.print(
            f"{len(done)} of {len(submissions)} films read in {time.monotonic() - started:.1f} s;"
            f" posts were answered after {median(answers_ms):.0f} ms at the median,"
            f" {max(answers_ms):.0f} ms at most"
        )
        if len(done) < len(submissions):
            raise typer.Exit(1)


def _local_service() -> str:
    try:
        address = running_service()
    except ProjectMissing:
        address = None
    if address is None:
        raise terminal.stop("no service runs here: type 'xray up' in another window, or --url")
    return address


def _local_token() -> str | None:
    note = running_cloud()
    return note.get("token") if note else None


@contextmanager
def _route(client: Client, task_type: str, callback: str | None) -> Iterator[Route]:
    if callback is not None:
        yield Route(client, task_type, callback)
        return
    with Receiver() as receiver:
        yield Route(client, task_type, receiver.url(), receiver)


def _hand_over(done: list[Submission], out: Path | None) -> None:
    if out is None:
        for submission in done:
            print(_pretty({"film": str(submission.path), **(submission.report or {})}))
        return
    out.mkdir(parents=True, exist_ok=True)
    taken: set[str] = set()
    for submission in done:
        name = submission.path.name
        while name in taken:  # films of one name from two folders
            name = f"{name}+"
        taken.add(name)
        file = out / f"{name}.json"
        file.write_text(_pretty(submission.report or {}) + "\n", encoding="utf-8")
        terminal.console.print(f"{submission.path} → {file}", soft_wrap=True)


def _pretty(document: Mapping[str, Any]) -> str:
    return json.dumps(document, indent=2, ensure_ascii=False)
