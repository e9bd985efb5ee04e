"""The peers of ``tools/peers``: their environments, started and stopped beside the service."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import requests

_SETUP_TIMEOUT_S = 900
_START_TIMEOUT_S = 120


class PeerMissing(Exception):
    """A peer cannot be had here; the text says why."""


def interpreter(root: Path, name: str) -> Path:
    """The Python of a peer's environment, which is made if it is not there.

    Args:
        root: The project's folder.
        name: Folder under ``tools/peers``.

    Raises:
        PeerMissing: Its packages cannot be installed.
    """
    requirements = root / "tools/peers" / name / "requirements.txt"
    environment = root / "build/peers" / name
    python, ready = environment / "bin/python", environment / ".ready"
    if ready.is_file() and ready.stat().st_mtime >= requirements.stat().st_mtime:
        return python
    pip = ("-m", "pip", "install", "--quiet", "--disable-pip-version-check")
    for command in (
        (sys.executable, "-m", "venv", "--clear", str(environment)),
        (str(python), *pip, "-r", str(requirements)),
    ):
        done = subprocess.run(
            command, capture_output=True, text=True, timeout=_SETUP_TIMEOUT_S, check=False
        )
        if done.returncode:
            last = done.stderr.strip().splitlines()[-1:] or ["no word why"]
            raise PeerMissing(f"{name} cannot be installed: {last[0]}")
    ready.touch()
    return python


def free_port() -> int:
    """A port of this machine that nobody listens on at this moment."""
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        port: int = sock.getsockname()[1]
    return port


@dataclass
class Peer:
    """A peer that runs inside ``with``.

    Attributes:
        root: The project's folder.
        name: Folder under ``tools/peers``.
        workers: Processes that read films.
        durable: With the settings that its documentation offers against loss.
        pause_before_callback_s: A window for who kills it there.
    """

    root: Path
    name: str
    workers: int = 2
    durable: bool = False
    pause_before_callback_s: float = 0.0
    url: str = ""
    reader_command: Sequence[str] = ()
    _processes: list[subprocess.Popen[bytes]] = field(default_factory=list)
    _variables: dict[str, str] = field(default_factory=dict)

    @property
    def label(self) -> str:
        """How a table names it."""
        return f"{self.name} durable" if self.durable else self.name

    @property
    def submit_url(self) -> str:
        """Where a film is posted as a form."""
        path = "/analyze/submit" if self.name == "bentoml_tasks" else "/api/v1/analyze"
        return self.url + path

    @property
    def predict_url(self) -> str:
        """Where a film is posted by who waits for the answer."""
        return f"{self.url}/predict"

    @property
    def pids(self) -> list[int]:
        """Of the processes that were started, not of their children."""
        return [process.pid for process in self._processes]

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self._stop()
            raise
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._stop()

    def kill_reader(self) -> None:
        """Kill the process group that reads films, and start it again at once."""
        reader = self._processes.pop()
        _kill(reader)
        self._run(self.reader_command)

    def _start(self) -> None:
        python = interpreter(self.root, self.name)
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self._folder = self.root / "build/peers/run" / f"{self.name}-{os.getpid()}-{port}"
        self._folder.mkdir(parents=True)
        here = self.root / "tools/peers"
        self._variables = {
            "PATH": f"{python.parent}:{os.environ.get('PATH', '')}",
            "PYTHONPATH": f"{here}:{here / self.name}:{self.root / 'layers/pipelines'}",
            "PIPELINE_MODELS": str(self.root / "functions/infer/models"),
            "HOME": str(self._folder),
            "BENTOML_HOME": str(self._folder / "bentoml"),
            "BENTOML_DO_NOT_TRACK": "True",
            "PEER_FOLDER": str(self._folder),
            "PEER_PORT": str(port),
            "PEER_WORKERS": str(self.workers),
            "PEER_DURABLE": str(int(self.durable)),
            "PEER_PAUSE_BEFORE_CALLBACK_S": str(self.pause_before_callback_s),
        }
        if self.name == "celery_redis":
            self._start_redis()
            self._run(("uvicorn", "api:app", "--port", str(port), "--log-level", "warning"))
            self.reader_command = (
                "celery", "-A", "worker", "worker", "--concurrency", str(self.workers),
                "--loglevel", "WARNING",
            )  # fmt: skip
        elif self.name == "bentoml_tasks":
            self.reader_command = (
                "bentoml", "serve", "service:Films", "--port", str(port), "--host", "127.0.0.1",
                "--working-dir", str(here / self.name),
            )  # fmt: skip
        else:
            self.reader_command = ("python", str(here / self.name / "server.py"))
        self._run(self.reader_command)
        self._wait()

    def _start_redis(self) -> None:
        if shutil.which("redis-server") is None:
            raise PeerMissing("celery_redis needs redis-server")
        port = free_port()
        self._variables["PEER_REDIS"] = f"redis://127.0.0.1:{port}/0"
        writing = ("--appendonly", "yes", "--appendfsync", "always") if self.durable else ()
        self._run(
            (
                "redis-server",
                "--port",
                str(port),
                "--dir",
                str(self._folder),
                "--save",
                "",
                *writing,
            )
        )

    def _run(self, command: Sequence[str]) -> None:
        with (self._folder / "log").open("ab") as log:
            program = shutil.which(command[0], path=self._variables["PATH"]) or command[0]
            self._processes.append(
                subprocess.Popen(
                    [program, *command[1:]],
                    env=self._variables,
                    cwd=self._folder,
                    stdout=log,
                    stderr=log,
                    stdin=subprocess.DEVNULL,
                    start_new_session=True,
                )
            )

    def _wait(self) -> None:
        end = time.monotonic() + _START_TIMEOUT_S
        while time.monotonic() < end and all(p.poll() is None for p in self._processes):
            with contextlib.suppress(requests.RequestException):
                if requests.get(f"{self.url}/health", timeout=5).status_code < 500:
                    return
            time.sleep(0.2)
        tail = (self._folder / "log").read_text(errors="replace").strip().splitlines()[-3:]
        raise PeerMissing(f"{self.name} does not start: {' | '.join(tail)}")

    def _stop(self) -> None:
        for process in reversed(self._processes):
            _kill(process)
        self._processes = []


def _kill(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def skipped(reasons: Mapping[str, str]) -> list[str]:
    """A line for each peer that could not be had."""
    return [f"{name}: skipped, {reason}" for name, reason in sorted(reasons.items())]
