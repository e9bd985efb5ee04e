"""Callbacks over HTTP: one POST, bounded in time and in what is read of the answer.

``requests`` bounds each wait for the network and not their sum, so a receiver that drips a byte a
second would hold the function until it is killed. A watchdog therefore shuts the connection down
when the time for the whole exchange is over.

The name is resolved here, once for each attempt; if any of its addresses is internal, none is
called, and the connection goes to one that has been looked at. TLS still asks for the name.
"""

import contextlib
import queue
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
        watchdog = _Watchdog(self._timeout_s)
        adapter = _GuardedAdapter(lambda host, port: self._dial(host, port, watchdog))
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

    def _dial(self, host: str, port: int, watchdog: "_Watchdog") -> socket.socket:
        found = watchdog.bound(lambda: self._resolve(host, port, type=socket.SOCK_STREAM))
        self._addresses.check_resolved(str(address[0]) for *_, address in found)
        failure: OSError = OSError("no address")
        for family, kind, protocol, _, address in found:
            sock = socket.socket(family, kind, protocol)
            try:
                sock.settimeout(min(_CONNECT_TIMEOUT_S, watchdog.time_left()))
                sock.connect(address)
                watchdog.watch(sock)
            except OSError as error:
                sock.close()
                failure = error
            else:
                # Each wait for the network from here on; the watchdog bounds their sum.
                sock.settimeout(self._timeout_s)
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
    """Ends one exchange when its time is over."""

    def __init__(self, timeout_s: float) -> None:
        self._end = time.monotonic() + timeout_s
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()
        self._timer = threading.Timer(timeout_s, self._bite)
        self._timer.daemon = True
        self.bit = False

    def __enter__(self) -> None:
        self._timer.start()

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()
        for sock in self._sockets:
            sock.close()

    def time_left(self) -> float:
        """Seconds.

        Raises:
            TimeoutError: There are none.
        """
        left = self._end - time.monotonic()
        if left <= 0 or self.bit:
            self.bit = True
            raise TimeoutError
        return left

    def bound(self, call: Callable[[], list[Any]]) -> list[Any]:
        """The result of a call that cannot be interrupted, if it comes in time.

        Raises:
            TimeoutError: It does not; the call goes on and its result is dropped.
        """
        done: queue.SimpleQueue[list[Any] | Exception] = queue.SimpleQueue()

        def run() -> None:
            try:
                done.put(call())
            except Exception as error:  # noqa: BLE001 - it is raised where it is waited for
                done.put(error)

        threading.Thread(target=run, daemon=True).start()
        try:
            result = done.get(timeout=self.time_left())
        except queue.Empty:
            self.bit = True
            raise TimeoutError from None
        if isinstance(result, Exception):
            raise result
        return result

    def watch(self, sock: socket.socket) -> None:
        """Shut a socket down when the time is over.

        Raises:
            TimeoutError: It is over already.
        """
        with self._lock:
            self.time_left()
            self._sockets.append(sock.dup())  # TLS wraps the first handle, and empties it

    def _bite(self) -> None:
        with self._lock:
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
