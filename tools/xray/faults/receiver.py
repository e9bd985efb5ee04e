"""A client's side of many callbacks, which behaves as badly as it is told to."""

import contextlib
import hashlib
import json
import socket
import struct
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from enum import Enum, auto
from http.server import BaseHTTPRequestHandler
from types import TracebackType
from typing import Any, Self

from xray.faults.proxy import QuietServer, kill_caller

_HOST = "127.0.0.1"
_DRIP_S = 0.2


class Manner(Enum):
    """What a receiver does to a connection instead of answering."""

    RESET = auto()
    HANG = auto()
    DRIP = auto()  # headers without an end
    KILL = auto()  # of the process that calls


@dataclass(frozen=True)
class Reply:
    """What it answers, with one header if need be."""

    status: int
    header: tuple[str, str] = ("X-Receiver", "faults")

    @property
    def accepts(self) -> bool:
        """Whether the callback counts as delivered."""
        return 200 <= self.status < 300


Behaviour = Reply | Manner


@dataclass(frozen=True)
class Post:
    """One callback that came in.

    Attributes:
        task_id: From the path of its URL.
        digest: Of the body.
        error: The code of the error that it tells of, if it does.
        at: By ``time.monotonic``.
    """

    task_id: str
    digest: str
    error: int | None
    at: float


Behave = Callable[[Post], Behaviour]


class FaultyReceiver:
    """Listens on a loopback port inside ``with``.

    Attributes:
        trapped: How often somebody came to where a redirect leads.
    """

    def __init__(self, behave: Behave) -> None:
        """Make a receiver.

        Args:
            behave: Says what to do about a callback; called from several threads.
        """
        self.trapped = 0
        self._behave = behave
        self._closing = threading.Event()
        self._server = QuietServer((_HOST, 0), _handler_of(self._take))

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._closing.set()
        self._server.shutdown()
        self._server.server_close()

    def url(self, task_id: str) -> str:
        """Where the callbacks of a task go."""
        return f"http://{_HOST}:{self._server.server_port}/hook/{task_id}"

    @property
    def trap(self) -> str:
        """An address that nobody has been given but by a redirect."""
        return f"http://{_HOST}:{self._server.server_port}/trap"

    def _take(self, request: BaseHTTPRequestHandler) -> None:
        request.close_connection = True
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        if request.path == "/trap":
            self.trapped += 1
            return
        error = json.loads(body)["error"]
        post = Post(
            task_id=request.path.removeprefix("/hook/"),
            digest=hashlib.sha256(body).hexdigest(),
            error=error and error.get("code", -1),
            at=time.monotonic(),
        )
        with contextlib.suppress(ConnectionError):
            self._do(request, self._behave(post))

    def _do(self, request: BaseHTTPRequestHandler, what: Behaviour) -> None:
        if isinstance(what, Reply):
            request.send_response(what.status)
            request.send_header(*what.header)
            request.send_header("Content-Length", "0")
            request.end_headers()
        elif what is Manner.RESET:
            linger = struct.pack("ii", 1, 0)
            request.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
            request.connection.close()
        elif what is Manner.KILL:
            kill_caller(request.connection)
        else:
            first = b"HTTP/1.1 200 OK\r\n" if what is Manner.DRIP else b""
            self._keep_waiting(request.connection, first)

    def _keep_waiting(self, connection: socket.socket, first: bytes) -> None:
        """Until the caller has had enough."""
        connection.sendall(first)
        while not self._closing.wait(_DRIP_S):
            if first:
                connection.sendall(b"X-Drip: 1\r\n")
            else:
                connection.settimeout(_DRIP_S)
                with contextlib.suppress(TimeoutError):
                    if not connection.recv(1):
                        return


def _handler_of(take: Callable[[BaseHTTPRequestHandler], None]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            take(self)

        do_GET = do_POST  # noqa: N815 - the name under which the base class looks for it

        def log_message(self, *args: Any) -> None:
            """Keep the terminal quiet."""

    return Handler
