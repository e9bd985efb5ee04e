"""Callbacks over HTTP: one POST, bounded in time and in what is read of the answer.

``requests`` bounds each wait for the network and not their sum, so a receiver that drips a byte a
second would hold the function until it is killed. A watchdog therefore shuts the connection down
when the time for the whole exchange is over.
"""

import socket
import threading
import time
from collections.abc import Mapping
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection

from service.ports import Answer

_TIMEOUT_S = 30.0
_CONNECT_TIMEOUT_S = 10.0
_HEAD_BYTES = 256  # of the answer: enough to see what a receiver complained about


class RequestsCourier:
    """Posts with ``requests``: no redirects, no proxies, no cookies, no retries of its own."""

    def __init__(self, timeout_s: float = _TIMEOUT_S) -> None:
        self._timeout_s = timeout_s

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """POST a body; see :class:`service.ports.Courier`."""
        started = time.monotonic()
        watchdog = _Watchdog(self._timeout_s)
        status: int | None = None
        head, error = "", None
        with requests.Session() as session, watchdog:
            session.trust_env = False  # no proxy and no .netrc: the address is called itself
            session.mount("http://", watchdog.adapter)
            session.mount("https://", watchdog.adapter)
            try:
                answer = session.post(
                    url,
                    data=body,
                    headers={**headers, "Accept-Encoding": "identity"},
                    timeout=(min(_CONNECT_TIMEOUT_S, self._timeout_s), self._timeout_s),
                    allow_redirects=False,
                    stream=True,
                )
                if watchdog.bit:  # a connection cut within the headers reads like their end
                    raise requests.exceptions.Timeout
                status = answer.status_code
                head = _head_of(answer)
            except Exception as failure:  # noqa: BLE001 - whatever the other side does is an answer
                error = "timed out" if watchdog.bit else _in_words(failure)
        latency_ms = int((time.monotonic() - started) * 1000)
        if status is not None:  # it answered; what came after the status does not matter
            return Answer(status=status, latency_ms=latency_ms, head=head)
        return Answer(status=None, latency_ms=latency_ms, error=error)


def _head_of(answer: requests.Response) -> str:
    try:
        raw = answer.raw.read(_HEAD_BYTES)
    except Exception:  # noqa: BLE001 - the status has been read, and that is the answer
        return ""
    text = bytes(raw).decode(errors="replace")
    return "".join(c if c.isprintable() else " " for c in text)


def _in_words(failure: Exception) -> str:
    """Never the exception's own text: it repeats the address, and with it the client's secrets."""
    if isinstance(failure, requests.exceptions.SSLError):
        return "TLS failed"
    if isinstance(failure, requests.exceptions.Timeout):
        return "timed out"
    if isinstance(failure, requests.exceptions.ConnectionError):
        return "no connection"
    return "no valid answer"


class _Watchdog:
    """Shuts the connections of one exchange down when its time is over."""

    def __init__(self, timeout_s: float) -> None:
        self._sockets: list[socket.socket] = []
        self._timer = threading.Timer(timeout_s, self._bite)
        self._timer.daemon = True
        self.bit = False
        self.adapter = _WatchedAdapter(self._sockets)

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def _bite(self) -> None:
        self.bit = True
        for sock in self._sockets:
            try:
                sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                continue  # already closed


class _WatchedAdapter(HTTPAdapter):
    """Tells the watchdog of every socket that it opens, TLS handshake included."""

    def __init__(self, sockets: list[socket.socket]) -> None:
        class Watched(HTTPConnection):
            def _new_conn(self) -> socket.socket:
                sock = super()._new_conn()
                sockets.append(sock)
                return sock

        class WatchedTls(HTTPSConnection):
            def _new_conn(self) -> socket.socket:
                sock = super()._new_conn()
                # A second handle: the first is wrapped, and emptied, by TLS.
                sockets.append(sock.dup())
                return sock

        self._http = type("Pool", (HTTPConnectionPool,), {"ConnectionCls": Watched})
        self._https = type("TlsPool", (HTTPSConnectionPool,), {"ConnectionCls": WatchedTls})
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = {"http": self._http, "https": self._https}
