"""Callbacks over HTTP: one POST, bounded in time and in what is read of the answer.

``requests`` bounds each wait for the network and not their sum, so a receiver that drips a byte a
second would hold the function until it is killed. A watchdog therefore shuts the connection down
when the time for the whole exchange is over.

The name is resolved here, once for each attempt; if any of its addresses is internal, none is
called, and the connection goes to one that has been looked at. TLS still asks for the name.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Mapping
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import NewConnectionError

from service.addresses import AddressPolicy
from service.errors import AddressNotAllowed
from service.ports import Answer

Resolve = Callable[..., list[Any]]
Dial = Callable[[str, int], socket.socket]

_TIMEOUT_S = 30.0
_CONNECT_TIMEOUT_S = 10.0
_HEAD_BYTES = 256  # of the answer: enough to see what a receiver complained about


class RequestsCourier:
    """Posts with ``requests``: no redirects, no proxies, no cookies, no retries of its own."""

    def __init__(
        self,
        addresses: AddressPolicy,
        timeout_s: float = _TIMEOUT_S,
        resolve: Resolve = socket.getaddrinfo,
    ) -> None:
        """Make a courier.

        Args:
            addresses: Which addresses may be called.
            timeout_s: For the whole exchange.
            resolve: As ``socket.getaddrinfo``.
        """
        self._addresses = addresses
        self._timeout_s = timeout_s
        self._resolve = resolve

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """POST a body; see :class:`service.ports.Courier`."""
        started = time.monotonic()
        sockets: list[socket.socket] = []
        watchdog = _Watchdog(self._timeout_s, sockets)
        adapter = _GuardedAdapter(lambda host, port: self._dial(host, port, sockets))
        status: int | None = None
        head, error = "", None
        with requests.Session() as session, watchdog:
            session.trust_env = False  # no proxy and no .netrc: the address is called itself
            session.mount("http://", adapter)
            session.mount("https://", adapter)
            try:
                self._addresses.check_url(url)
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

    def _dial(self, host: str, port: int, sockets: list[socket.socket]) -> socket.socket:
        found = self._resolve(host, port, type=socket.SOCK_STREAM)
        self._addresses.check_resolved(str(address[0]) for *_, address in found)
        failure: OSError = OSError("no address")
        for family, kind, protocol, _, address in found:
            sock = socket.socket(family, kind, protocol)
            sock.settimeout(min(_CONNECT_TIMEOUT_S, self._timeout_s))
            # A second handle: TLS wraps the first, and empties it.
            sockets.append(sock.dup())
            try:
                sock.connect(address)
            except OSError as error:
                sock.close()
                failure = error
            else:
                return sock
        raise failure


def _head_of(answer: requests.Response) -> str:
    try:
        raw = answer.raw.read(_HEAD_BYTES)
    except Exception:  # noqa: BLE001 - the status has been read, and that is the answer
        return ""
    text = bytes(raw).decode(errors="replace")
    return "".join(c if c.isprintable() else " " for c in text)


def _in_words(failure: Exception) -> str:
    """Never the exception's own text: it repeats the address, and with it the client's secrets."""
    if isinstance(failure, AddressNotAllowed):
        return "address not allowed"
    if isinstance(failure, requests.exceptions.SSLError):
        return "TLS failed"
    if isinstance(failure, requests.exceptions.Timeout):
        return "timed out"
    if isinstance(failure, requests.exceptions.ConnectionError):
        return "no connection"
    return "no valid answer"


class _Watchdog:
    """Shuts the connections of one exchange down when its time is over."""

    def __init__(self, timeout_s: float, sockets: list[socket.socket]) -> None:
        self._sockets = sockets
        self._timer = threading.Timer(timeout_s, self._bite)
        self._timer.daemon = True
        self.bit = False

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        for sock in self._sockets:
            sock.close()

    def _bite(self) -> None:
        self.bit = True
        for sock in self._sockets:
            with contextlib.suppress(OSError):  # already closed
                sock.shutdown(socket.SHUT_RDWR)


class _GuardedAdapter(HTTPAdapter):
    """Opens its connections with ``dial`` and nothing else."""

    def __init__(self, dial: Dial) -> None:
        def new_conn(connection: HTTPConnection) -> socket.socket:
            try:
                return dial(connection.host, int(connection.port or connection.default_port))
            except OSError as error:
                raise NewConnectionError(connection, "no connection") from error

        plain = type("Plain", (HTTPConnection,), {"_new_conn": new_conn})
        tls = type("Tls", (HTTPSConnection,), {"_new_conn": new_conn})
        self._pools = {
            "http": type("PlainPool", (HTTPConnectionPool,), {"ConnectionCls": plain}),
            "https": type("TlsPool", (HTTPSConnectionPool,), {"ConnectionCls": tls}),
        }
        super().__init__(max_retries=0)

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools
