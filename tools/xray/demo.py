"""``xray demo``: one film through the whole service, started and stopped for it."""

import importlib.util
import json
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Annotated

import typer

from pipelines.registry import TASK_TYPES
from service.authorize import LOCAL_CLIENT
from xray import terminal
from xray.client import Client
from xray.cloud import CloudError, CloudSettings, LocalCloud
from xray.project import LOCAL_PARAMETERS, ProjectMissing, project_root
from xray.receiver import Receiver
from xray.registry import Registry
from xray.submission import Route, Submission, submit_films

_TIMEOUT_S = 120.0


def demo(
    image: Annotated[
        Path | None, typer.Argument(help="A film; without one, a film is drawn.")
    ] = None,
    task_type: Annotated[str, typer.Option("--type", help="What it shows.")] = "ceph",
) -> None:
    """Start the service, send it a film over HTTP, print the callback that comes back."""
    if task_type not in TASK_TYPES:
        raise terminal.stop(f"--type must be one of {', '.join(sorted(TASK_TYPES))}")
    if image and not image.is_file():
        raise terminal.stop(f"no such film: {image}")
    with terminal.interruptible():
        try:
            submission = _send(image, task_type)
        except (CloudError, ProjectMissing) as error:
            raise terminal.stop(str(error)) from None
        if submission.report is not None:
            print(json.dumps(submission.report, indent=2, ensure_ascii=False))
        if submission.error:
            raise terminal.stop(submission.error)


def _send(image: Path | None, task_type: str) -> Submission:
    # One film needs one process of each function.
    settings = CloudSettings(project_root(), LOCAL_PARAMETERS, warm=1)
    with (
        terminal.steps() as step,
        _film(image, task_type, step) as film,
        LocalCloud(settings, step) as cloud,
        Receiver() as receiver,
    ):
        step(f"posting {film.name} to {cloud.api_url}/api/v1/analyze")
        secret = Registry(cloud.client, cloud.outputs).rotate_secret(LOCAL_CLIENT, timedelta())
        route = Route(Client(cloud.api_url), task_type, receiver.url(), receiver, secret)
        (submission,) = submit_films([film], route, lambda s: step(s.state), _TIMEOUT_S)
        step("stopping")
    return submission


@contextmanager
def _film(image: Path | None, task_type: str, step: terminal.Steps) -> Iterator[Path]:
    if image:
        yield image
        return
    # Each task type that has a generator of films has it here.
    generator = f"pipelines.{task_type}.synthetic"
    if importlib.util.find_spec(generator) is None:
        raise CloudError(f"no film is drawn for {task_type}: name one of your own")
    step("drawing a film")
    draw = importlib.import_module(generator).draw
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "drawn.jpg")
        path.write_bytes(draw(seed=1).jpeg())
        yield path
