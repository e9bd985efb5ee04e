"""Kills a function from outside at a chosen call to AWS, so that shipped code needs no hook.

The functions reach the cloud through this proxy; it hands everything on, until a call matches what
it was armed with: then the process that made the call is killed with SIGKILL, and the call never
arrives.
"""

import contextlib
import http.client
import os
import signal
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self
from urllib.parse import urlsplit

import psutil


@dataclass(frozen=True)
class Call:
    """One call to AWS on its way."""

    method: str
    path: str
    target: str  # the operation, of services that name it in a header
    body: bytes


class KillProxy:
    """A proxy to one cloud, from ``with`` to its end."""

    def __init__(self) -> None:
        self.killed = threading.Event()
        self._upstream = ""
        self._deadly: Callable[[Call], bool] | None = None
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._server.daemon_threads = True
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

    def kill_at(self, deadly: Callable[[Call], bool]) -> None:
        """Kill the process that makes the next matching call, once."""
        with self._lock:
            self.killed.clear()
            self._deadly = deadly

    def _must_die(self, call: Call) -> bool:
        with self._lock:
            if self._deadly is None or not self._deadly(call):
                return False
            self._deadly = None
            return True

    def _forward(self, handler: BaseHTTPRequestHandler, call: Call) -> None:
        with contextlib.closing(http.client.HTTPConnection(self._upstream, timeout=60)) as upstream:
            upstream.request(call.method, call.path, call.body, dict(handler.headers.items()))
            answer = upstream.getresponse()
            body = answer.read()
        handler.send_response(answer.status)
        dropped = {"transfer-encoding", "content-length", "connection", "server", "date"}
        for name, value in answer.getheaders():
            if name.lower() not in dropped:
                handler.send_header(name, value)
        length = answer.getheader("Content-Length") if call.method == "HEAD" else str(len(body))
        handler.send_header("Content-Length", length or "0")
        handler.end_headers()
        handler.wfile.write(body)

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        proxy = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def _serve(self) -> None:
                if "100-continue" in self.headers.get("Expect", ""):
                    del self.headers["Expect"]
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                call = Call(self.command, self.path, self.headers.get("X-Amz-Target", ""), body)
                if proxy._must_die(call):
                    os.kill(_caller(self.client_address[1]), signal.SIGKILL)
                    self.close_connection = True
                    proxy.killed.set()
                    return
                try:
                    proxy._forward(self, call)
                except ConnectionError:
                    self.close_connection = True  # the caller did not wait for the answer

            do_GET = do_POST = do_PUT = do_DELETE = do_HEAD = _serve  # noqa: N815 - http.server's names

            def log_message(self, *args: Any) -> None:
                pass

        return Handler


def _caller(port: int) -> int:
    """The process on the other end of a connection from ``port``."""
    for process in psutil.process_iter():
        try:
            connections = process.net_connections("tcp")
        except psutil.Error:
            continue
        if process.pid != os.getpid() and any(
            c.laddr and c.laddr.port == port for c in connections
        ):
            return process.pid
    raise LookupError(f"nobody calls from port {port}")
