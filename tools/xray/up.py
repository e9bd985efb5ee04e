"""``xray up``: the service on this machine, and where others find it."""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from xray import terminal
from xray.cloud import CloudError, CloudSettings, LocalCloud
from xray.project import (
    LOCAL_CLIENT,
    LOCAL_PARAMETERS,
    ProjectMissing,
    build_folder,
    project_root,
)
from xray.registry import Registry
from xray.web import page_of

DEFAULT_PORT = 8480
DEFAULT_PAGE_PORT = 8481


def up(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 for any.")] = DEFAULT_PORT,
    workers: Annotated[int, typer.Option(min=2, help="How many films are read at once.")] = 2,
    page_port: Annotated[
        int, typer.Option(min=0, max=65535, help="Of the page; 0 for any.")
    ] = DEFAULT_PAGE_PORT,
) -> None:
    """The service and its page on this machine, until Ctrl-C."""
    with terminal.interruptible():
        try:
            settings = CloudSettings(project_root(), LOCAL_PARAMETERS, port, workers)
            with terminal.steps() as step:
                cloud = LocalCloud(settings, step).start()
            try:
                secret = Registry(cloud.client, cloud.outputs).rotate_secret(
                    LOCAL_CLIENT, timedelta()
                )
                with page_of(cloud, page_port) as page, _announced(cloud.api_url):
                    _greet(cloud, page.url, secret)
                    _wait()
            finally:
                terminal.console.print("stopping")
                cloud.stop()
        except (CloudError, ProjectMissing) as error:
            raise terminal.stop(str(error)) from None


def running_service() -> str | None:
    """The API address of the ``xray up`` of this checkout, if one is there."""
    try:
        note = json.loads(_note().read_text(encoding="utf-8"))
        os.kill(note["pid"], 0)  # it may have been killed before it could remove its note
        address: str = note["apiUrl"]
    except (OSError, ValueError, KeyError):
        return None
    return address


def _note() -> Path:
    return build_folder() / "local-cloud" / "up.json"


@contextmanager
def _announced(api_url: str) -> Iterator[None]:
    note = {"apiUrl": api_url, "pid": os.getpid()}
    _note().write_text(json.dumps(note), encoding="utf-8")
    try:
        yield
    finally:
        if running_service() == api_url:  # another one may have come after this
            _note().unlink(missing_ok=True)


def _greet(cloud: LocalCloud, page_url: str, secret: str) -> None:
    curl = (
        f"curl -F taskType=ceph -F image=@film.jpg"
        f" -F callbackUrl=http://127.0.0.1:9000/ {cloud.api_url}/api/v1/analyze"
    )
    lines = (
        f"[bold]ready[/]      {page_url}/",
        f"API        {cloud.api_url}/api/v1",
        f"to try it  {curl}",
        "or         .venv/bin/xray submit film.jpg --type ceph",
        f"secret     {secret}  (callbacks are signed with it)",
        f"logs       {cloud.log}",
        f"AWS        {cloud.endpoint_url}",
        "Ctrl-C stops it",
    )
    for line in lines:
        terminal.console.print(line, soft_wrap=True)


def _wait() -> None:
    """Wait for Ctrl-C."""
    try:
        while True:
            threading.Event().wait()
    except KeyboardInterrupt:
        return  # the ordinary end of this command
