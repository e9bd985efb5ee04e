"""``xray up``: the service on this machine, and where others find it."""

import json
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated, Any

import typer

from service.authorize import LOCAL_CLIENT, AuthMode
from xray import terminal
from xray.cloud import CloudError, CloudSettings, LocalCloud
from xray.cloud.emulator import REGION
from xray.cloud.local import STACK
from xray.project import (
    LOCAL_PARAMETERS,
    ProjectMissing,
    build_folder,
    project_root,
)
from xray.registry import Credentials, Registry
from xray.web import page_of

DEFAULT_PORT = 8480
DEFAULT_PAGE_PORT = 8481
_QUOTA = 1_000_000  # tasks a minute: whatever the machine holds


def up(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0 for any.")] = DEFAULT_PORT,
    workers: Annotated[int, typer.Option(min=2, help="How many films are read at once.")] = 2,
    page_port: Annotated[
        int, typer.Option(min=0, max=65535, help="Of the page; 0 for any.")
    ] = DEFAULT_PAGE_PORT,
    auth: Annotated[
        AuthMode, typer.Option(help="Who may come in: everybody, or clients with a token.")
    ] = AuthMode.LOCAL,
) -> None:
    """The service and its page on this machine, until Ctrl-C."""
    with terminal.interruptible():
        try:
            parameters = LOCAL_PARAMETERS | {"AuthMode": str(auth)}
            settings = CloudSettings(project_root(), parameters, port, workers)
            with terminal.steps() as step:
                cloud = LocalCloud(settings, step).start()
            try:
                given = Registry(cloud.client, cloud.outputs).add(LOCAL_CLIENT, _QUOTA)
                with page_of(cloud, page_port) as page, _announced(cloud, given.token):
                    _greet(cloud, page.url, given, auth)
                    _wait()
            finally:
                terminal.console.print("stopping")
                cloud.stop()
        except (CloudError, ProjectMissing) as error:
            raise terminal.stop(str(error)) from None


def running_service() -> str | None:
    """The API address of the ``xray up`` of this checkout, if one is there."""
    note = running_cloud()
    return note["apiUrl"] if note else None


def running_cloud() -> dict[str, str] | None:
    """What the ``xray up`` of this checkout says of itself, if one is there.

    Returns:
        ``apiUrl``, ``endpointUrl``, ``region``, ``stack``, and the local client's ``token``.
    """
    try:
        note: dict[str, Any] = json.loads(_note().read_text(encoding="utf-8"))
        os.kill(note["pid"], 0)  # it may have been killed before it could remove its note
    except (OSError, ValueError, KeyError):
        return None
    return note


def _note() -> Path:
    return build_folder() / "local-cloud" / "up.json"


@contextmanager
def _announced(cloud: LocalCloud, token: str) -> Iterator[None]:
    note = {
        "apiUrl": cloud.api_url,
        "endpointUrl": cloud.endpoint_url,
        "region": REGION,
        "stack": STACK,
        "token": token,
        "pid": os.getpid(),
    }
    _note().write_text(json.dumps(note), encoding="utf-8")
    try:
        yield
    finally:
        if running_service() == cloud.api_url:  # another one may have come after this
            _note().unlink(missing_ok=True)


def _greet(cloud: LocalCloud, page_url: str, given: Credentials, auth: AuthMode) -> None:
    closed = auth is AuthMode.TOKEN
    header = f" -H 'Authorization: Bearer {given.token}'" if closed else ""
    curl = (
        f"curl{header} -F taskType=ceph -F image=@film.jpg"
        f" -F callbackUrl=http://127.0.0.1:9000/ {cloud.api_url}/api/v1/analyze"
    )
    lines = (
        f"[bold]ready[/]      {page_url}/",
        f"API        {cloud.api_url}/api/v1",
        f"to try it  {curl}",
        "or         .venv/bin/xray submit film.jpg --type ceph",
        f"secret     {given.secret}  (callbacks are signed with it)",
        *([f"token      {given.token}"] if closed else []),
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
