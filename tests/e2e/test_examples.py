"""The programs of docs/api.md, run as they stand there."""

import os
import re
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.service import Service
from tests.template import ROOT

EXAMPLES = re.findall(
    r"^```(sh|python|js)\n(.*?)^```$",
    (ROOT / "docs" / "api.md").read_text(),
    re.DOTALL | re.MULTILINE,
)
SENDERS = {language: text for language, text in EXAMPLES if "PORT" not in text}
RECEIVERS = {language: text for language, text in EXAMPLES if "PORT" in text}
RUNNERS = {
    "sh": ("example.sh", ["sh", "-e"]),
    "python": ("example.py", [sys.executable]),
    "js": ("example.mjs", ["node"]),
}


def command(language: str, text: str, folder: Path) -> list[str]:
    name, runner = RUNNERS[language]
    needed = "curl" if language == "sh" else runner[0]
    if shutil.which(needed) is None:
        pytest.skip(f"{needed} is not here")
    (folder / name).write_text(text)
    return [*runner, name]


def environment(service: Service, **more: str) -> dict[str, str]:
    known = {"API": service.cloud.api_url, "XRAY_TOKEN": "", "XRAY_SECRET": service.secret}
    return os.environ | known | more


def test_there_are_examples_for_all() -> None:
    assert len(EXAMPLES) == len(SENDERS) + len(RECEIVERS)
    assert (set(SENDERS), set(RECEIVERS)) == ({"sh", "python", "js"}, {"python", "js"})


@pytest.mark.parametrize("language", ["sh", "python", "js"])
def test_a_film_is_sent(service: Service, film: bytes, tmp_path: Path, language: str) -> None:
    (tmp_path / "film.jpg").write_bytes(film)
    run = subprocess.run(
        command(language, SENDERS[language], tmp_path),
        cwd=tmp_path,
        env=environment(service, CALLBACK_URL=service.receiver.url(f"/example-{language}")),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert run.returncode == 0, run.stderr
    [callback] = service.receiver.wait(f"/example-{language}", timeout_s=60)
    report = callback.json()
    if language == "sh":
        assert report["taskId"] in run.stdout
    else:
        assert float(run.stdout) == report["data"]["measurements"]["SNA"]


def listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex(("127.0.0.1", port)) == 0


@contextmanager
def receiving(service: Service, language: str, folder: Path) -> Iterator[tuple[str, Path]]:
    """The address of a running example, and what it prints."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    printed = folder / "printed"
    with printed.open("wb") as out:
        process = subprocess.Popen(
            command(language, RECEIVERS[language], folder),
            cwd=folder,
            env=environment(service, PORT=str(port)),
            stdout=out,
            stderr=subprocess.STDOUT,
        )
    try:
        service.wait_until(lambda: listens(port))
        yield f"http://127.0.0.1:{port}/", printed
    finally:
        process.kill()
        process.wait()


@pytest.mark.parametrize("language", ["python", "js"])
def test_a_callback_is_verified(
    service: Service, film: bytes, tmp_path: Path, language: str
) -> None:
    with receiving(service, language, tmp_path) as (url, printed):
        forged = {"webhook-id": "x", "webhook-timestamp": "1", "webhook-signature": "v1,AAAA"}
        for headers in ({}, forged):
            assert requests.post(url, b"{}", headers=headers, timeout=10).status_code == 400
        task_id = service.accepted(film, callback_url=url)
        task = service.wait_for(task_id, lambda task: task["callback"]["attempts"])
        assert task["callback"]["attempts"][-1]["status"] == 204
        service.wait_until(lambda: task_id in printed.read_text())
