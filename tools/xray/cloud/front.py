"""Where a container function's events arrive, and where its processes get their credentials."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from xray.cloud.emulator import HOST
from xray.cloud.environments import Answer, Invocation

_MARK = "X-Amzn-Lambda-"

Invoke = Callable[[Invocation], Answer]
Credentials = Callable[[], dict[str, str]]


class Front:
    """An HTTP server on the loopback address.

    POST takes an event as ministack forwards it. GET gives the credentials of the function's role
    in the form of the AWS container provider, which every AWS SDK renews by itself.
    """

    def __init__(self, credentials: Credentials) -> None:
        """Start to listen; events are refused until :meth:`serve`.

        Args:
            credentials: Assumes the function's role.
        """
        front = self
        self._credentials = credentials
        self._invoke: Invoke | None = None

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                front._answer(self, 200, front._credentials())

            def do_POST(self) -> None:
                front._forward(self)

            def log_message(self, format: str, *args: Any) -> None:  # noqa: A002
                """Keep the terminal quiet: the emulator logs every event."""

        self._server = ThreadingHTTPServer((HOST, 0), Handler)
        self._thread = threading.Thread(
            target=self._server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        )
        self._thread.start()

    @property
    def url(self) -> str:
        """Its address."""
        return f"http://{HOST}:{self._server.server_port}"

    def serve(self, invoke: Invoke) -> None:
        """Forward events from now on.

        Args:
            invoke: Handles one.
        """
        self._invoke = invoke

    def close(self) -> None:
        """Stop listening."""
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    def _forward(self, request: BaseHTTPRequestHandler) -> None:
        body = request.rfile.read(int(request.headers["Content-Length"]))
        if self._invoke is None:
            self._answer(request, 503, {"errorMessage": "not loaded yet"})
            return
        answer = self._invoke(
            Invocation(
                event=json.loads(body),
                request_id=request.headers[f"{_MARK}Request-Id"],
                function_name=request.headers[f"{_MARK}Function-Name"],
                function_arn=request.headers[f"{_MARK}Function-Arn"],
                deadline_ms=int(request.headers[f"{_MARK}Deadline-Ms"]),
            )
        )
        # Any other status than 2xx makes it a failed invocation.
        failed = "error" in answer
        self._answer(request, 500 if failed else 200, answer["error" if failed else "result"])

    @staticmethod
    def _answer(request: BaseHTTPRequestHandler, status: int, document: Any) -> None:
        body = json.dumps(document).encode()
        try:
            request.send_response(status)
            request.send_header("Content-Type", "application/json")
            request.send_header("Content-Length", str(len(body)))
            request.end_headers()
            request.wfile.write(body)
        except ConnectionError:
            request.close_connection = True  # the emulator has given up at the same deadline
