"""Starting and stopping ministack, the emulator, in an environment of its own."""

import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from xray.cloud import guard
from xray.cloud.errors import CloudError, with_log

HOST = "127.0.0.1"
REGION = "us-east-1"
_START_TIMEOUT_S = 30
_STOP_TIMEOUT_S = 30  # nearly all of it for removing the functions' unpacked files
ROOT_USER = "test"  # what the emulator calls its root account: key and secret alike
# What would lead a local process to the user's own account, certificates or modules.
_FOREIGN = ("AWS_", "PYTHON")
_CERTIFICATES = ("REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE")


def clean_environment(**more: str) -> dict[str, str]:
    """This process's environment without anything that points to real clouds.

    Args:
        more: Variables to set.
    """
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(_FOREIGN) and name not in _CERTIFICATES
    }
    for name in ("NO_PROXY", "no_proxy"):
        kept[name] = ",".join(filter(None, (kept.get(name), "localhost", HOST)))
    return kept | more


def free_port() -> int:
    """A port that nobody listens on at this moment."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


class Emulator:
    """One ministack, from :meth:`start` to :meth:`stop`."""

    def __init__(self, python: Path, run: Path, port: int) -> None:
        """Prepare, without starting.

        Args:
            python: The interpreter that ministack is installed for.
            run: Folder of this run; the log stays there, ``run/tmp`` goes with the emulator.
            port: Port to listen on, or 0 for any.

        Raises:
            CloudError: ministack is not installed, or the port is taken.
        """
        if not python.is_file():
            raise CloudError(
                f"the local cloud is not installed ({python} is missing): type 'make setup'"
            )
        self.log = run / "cloud.log"
        self._python = python
        self._scratch = run / "tmp"
        self._port = port or free_port()
        if port:
            _require_free(port)
        self._guard: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Address of every service."""
        return f"http://{HOST}:{self._port}"

    def start(self, variables: Mapping[str, str]) -> None:
        """Start, and wait until it answers.

        Args:
            variables: ministack's own settings.

        Raises:
            CloudError: It does not start; the text quotes its log.
        """
        self._scratch.mkdir(parents=True)
        environment = clean_environment(
            GATEWAY_PORT=str(self._port),
            BIND_HOST=HOST,
            TMPDIR=str(self._scratch),
            **variables,
        )
        command = [str(self._python), "-m", "ministack"]
        with self.log.open("wb") as log:
            # A session of its own: Ctrl-C reaches only the program, which then stops the cloud.
            self._guard = subprocess.Popen(
                [sys.executable, "-I", guard.__file__, str(self._scratch), *command],
                cwd=self._scratch,
                env=environment,
                stdin=subprocess.PIPE,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        deadline = time.monotonic() + _START_TIMEOUT_S
        while not self._answers():
            if self._guard.poll() is not None or time.monotonic() > deadline:
                self.stop()
                raise with_log("the local cloud did not start", self.log)
            time.sleep(0.05)

    def stop(self) -> None:
        """Kill the emulator with all function processes; without effect when it is not running."""
        if self._guard is None:
            return
        if self._guard.stdin:
            self._guard.stdin.close()
        try:
            self._guard.wait(_STOP_TIMEOUT_S)
        finally:
            self._guard.kill()
            self._guard.wait()
            self._guard = None

    def client(self, service: str) -> Any:
        """A boto3 client of a service of this cloud, whatever the environment says.

        Args:
            service: Its name in boto3.
        """
        import boto3
        import botocore.session
        from botocore.config import Config

        # A profile named in the environment need not exist on this machine.
        core = botocore.session.Session(session_vars={"profile": (None, None, None, None)})
        session: Any = boto3.session.Session(
            aws_access_key_id=ROOT_USER,
            aws_secret_access_key=ROOT_USER,
            region_name=REGION,
            botocore_session=core,
        )
        return session.client(service, endpoint_url=self.url, config=Config(proxies={}))

    def _answers(self) -> bool:
        try:
            opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
            with opener.open(f"{self.url}/_ministack/health", timeout=1):
                return True
        except (OSError, urllib.error.URLError):
            return False


def _require_free(port: int) -> None:
    with socket.socket() as probe:
        # As servers do: a port whose last owner has just gone counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            raise CloudError(
                f"port {port} is taken: is the service already up? Name another with --port"
            ) from None
