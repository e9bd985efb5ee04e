"""Between the functions and their cloud: faults from outside, so that shipped code needs no hook.

The functions reach the cloud through this proxy. It asks somebody about each call, and hands it on,
hands it on twice, refuses it, or kills the process that made it with SIGKILL: before the call
arrives, or after it has been answered.
"""

import contextlib
import http.client
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import psutil

_LOOKS = 5  # for the process at the other end of a connection


@dataclass(frozen=True)
class Call:
    """One call to AWS on its way."""

    method: str
    path: str
    target: str  # the operation, of services that name it in a header
    body: bytes


class Act(Enum):
    """What becomes of a call."""

    PASS = auto()
    TWICE = auto()
    REFUSE = auto()  # the connection breaks, as if nobody were there
    KILL_BEFORE = auto()  # the caller dies and the call never arrives
    KILL_AFTER = auto()  # the call is answered, and then the caller dies


Judge = Callable[[Call], Act]


class QuietServer(ThreadingHTTPServer):
    """Many connections at once, some of which end in the middle."""

    daemon_threads = True
    request_queue_size = 128

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing: whoever was killed or reset is meant to be."""


class Proxy:
    """A proxy to one cloud, from ``with`` to its end.

    Attributes:
        url: Its address.
        killed: Set when it has killed somebody.
    """

    def __init__(self, judge: Judge, pause_s: Callable[[], float] = lambda: 0.0) -> None:
        """Make a proxy.

        Args:
            judge: Says what becomes of each call; called from several threads.
            pause_s: Seconds between an answer and the kill after it.
        """
        self.killed = threading.Event()
        self._judge = judge
        self._pause_s = pause_s
        self._upstream = ""
        self._server = QuietServer(("127.0.0.1", 0), _handler_of(self))
        self.url = f"http://127.0.0.1:{self._server.server_port}"

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def lead_to(self, upstream: str) -> None:
        """Hand calls on to ``upstream``."""
        self._upstream = urlsplit(upstream).netloc

    def serve(self, handler: BaseHTTPRequestHandler, call: Call) -> None:
        """Do with a call what is said of it."""
        act = self._judge(call)
        if act is Act.KILL_BEFORE:
            kill_caller(handler.connection)
            self.killed.set()
        if act in (Act.KILL_BEFORE, Act.REFUSE):
            handler.close_connection = True
            return
        if act is Act.TWICE:
            self.ask(handler, call)
        status, headers, body = self.ask(handler, call)
        try:
            _say(handler, call, status, headers, body)
        except ConnectionError:
            handler.close_connection = True  # the caller did not wait for the answer
        if act is Act.KILL_AFTER:
            time.sleep(self._pause_s())
            kill_caller(handler.connection)
            self.killed.set()
            handler.close_connection = True

    def ask(
        self, handler: BaseHTTPRequestHandler, call: Call
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """Hand a call on and wait for the answer: status, headers, body."""
        connection = http.client.HTTPConnection(self._upstream, timeout=60)
        with contextlib.closing(connection):
            connection.request(call.method, call.path, call.body, dict(handler.headers.items()))
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()


def kill_caller(connection: socket.socket) -> bool:
    """Kill the process on the other end of a connection, if this process has started it.

    Both ends are compared: another process may use the same port towards somebody else. It is
    looked for several times: the kernel's table of connections leaves some out where it changes
    while it is read, and a fault that kills nobody would pass for one that was survived.

    Args:
        connection: This end of it.

    Returns:
        Whether it was found; it may have gone by itself.
    """
    try:
        theirs, ours = connection.getpeername()[1], connection.getsockname()[1]
    except OSError:
        return False
    for _ in range(_LOOKS):
        process = _owner(theirs, ours)
        if process is not None:
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
            return True
    return False


def _owner(local_port: int, remote_port: int) -> psutil.Process | None:
    """Which of the processes that this one has started holds a connection."""
    for process in psutil.Process().children(recursive=True):
        with contextlib.suppress(psutil.Error):
            for end in process.net_connections("tcp"):
                if end.raddr and (end.laddr.port, end.raddr.port) == (local_port, remote_port):
                    return process
    return None


def _say(
    handler: BaseHTTPRequestHandler,
    call: Call,
    status: int,
    headers: list[tuple[str, str]],
    body: bytes,
) -> None:
    handler.send_response(status)
    dropped = {"transfer-encoding", "content-length", "connection", "server", "date"}
    length = str(len(body))
    for name, value in headers:
        if name.lower() not in dropped:
            handler.send_header(name, value)
        if name.lower() == "content-length" and call.method == "HEAD":
            length = value
    handler.send_header("Content-Length", length)
    handler.end_headers()
    handler.wfile.write(body)


def _handler_of(proxy: Proxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def _serve(self) -> None:
            if "100-continue" in self.headers.get("Expect", ""):
                del self.headers["Expect"]
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            target = self.headers.get("X-Amz-Target", "")
            proxy.serve(self, Call(self.command, self.path, target, body))

        # The names under which the base class looks for them.
        do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _serve  # noqa: N815

        def log_message(self, *args: Any) -> None:
            """Keep the terminal quiet."""

    return Handler
