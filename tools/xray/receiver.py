"""A client's side of a callback: an HTTP server that keeps what it was sent."""

import json
import threading
import time
from collections import deque
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

_HOST = "127.0.0.1"


@dataclass(frozen=True)
class Answer:
    """What the receiver says.

    Attributes:
        status: HTTP status; 0 breaks the connection off instead.
        body: The answer's body.
        headers: Further headers.
        delay_s: Seconds before it is said.
    """

    status: int = 200
    body: bytes = b""
    headers: Mapping[str, str] = field(default_factory=dict)
    delay_s: float = 0.0


@dataclass(frozen=True)
class Received:
    """One request that came in; ``at`` is when its body was complete, in UTC."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes
    at: datetime

    def json(self) -> Any:
        """The body, parsed."""
        return json.loads(self.body)


class Receiver:
    """Listens on a loopback port inside ``with``."""

    def __init__(self, keep: int | None = None) -> None:
        """Take a port.

        Args:
            keep: How many requests are remembered, the latest; None for all.
        """
        self._came = threading.Condition()
        self._closing = threading.Event()
        self._received: deque[Received] = deque(maxlen=keep)
        self._scripts: dict[str, list[Answer]] = {}
        self._server = ThreadingHTTPServer((_HOST, 0), _handler_of(self._take))
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )

    def __enter__(self) -> Self:
        self._thread.start()
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
        self._thread.join()

    def url(self, path: str = "/") -> str:
        """The address of a path.

        Args:
            path: With its leading slash.
        """
        return f"http://{_HOST}:{self._server.server_port}{path}"

    @property
    def received(self) -> list[Received]:
        """Every request so far, in the order in which they came."""
        with self._came:
            return list(self._received)

    def answer(self, path: str, *answers: Answer) -> None:
        """Set what is answered on a path, one request after the other; the last one stays.

        Args:
            path: With its leading slash; a path without a script answers 200.
            answers: At least one.
        """
        with self._came:
            self._scripts[path] = list(answers)

    def wait(self, path: str = "/", count: int = 1, timeout_s: float = 30.0) -> list[Received]:
        """Wait for requests.

        Args:
            path: On which they are to come.
            count: How many in all, with those that have come already.
            timeout_s: How long.

        Returns:
            All requests on that path.

        Raises:
            TimeoutError: Fewer came.
        """
        deadline = time.monotonic() + timeout_s
        with self._came:
            while len(found := [r for r in self._received if r.path == path]) < count:
                remaining = deadline - time.monotonic()
                if remaining <= 0:
                    raise TimeoutError(f"{len(found)} of {count} requests came on {path}")
                self._came.wait(remaining)
            return found

    def _take(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers.get("Content-Length") or 0))
        headers = dict(request.headers)
        received = Received(request.command, request.path, headers, body, datetime.now(UTC))
        with self._came:
            script = self._scripts.get(request.path, [Answer()])
            answer = script.pop(0) if len(script) > 1 else script[0]
            self._received.append(received)
            self._came.notify_all()
        self._closing.wait(answer.delay_s)
        if answer.status:
            _say(request, answer)
        request.close_connection = True


def _say(request: BaseHTTPRequestHandler, answer: Answer) -> None:
    try:
        request.send_response(answer.status)
        for name, value in answer.headers.items():
            request.send_header(name, value)
        request.send_header("Content-Length", str(len(answer.body)))
        request.end_headers()
        request.wfile.write(answer.body)
    except ConnectionError:
        return  # the client did not wait for the answer


def _handler_of(take: Callable[[BaseHTTPRequestHandler], None]) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def _take(self) -> None:
            take(self)

        # The names under which the base class looks for them.
        do_GET = do_POST = do_PUT = do_PATCH = do_DELETE = _take  # noqa: N815

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
            """Keep the terminal quiet: what came is in ``received``."""

    return Handler
