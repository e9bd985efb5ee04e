"""Exchanges with addresses that clients name, bounded in time and kept from everything internal.

``requests`` bounds each wait for the network and not their sum, so somebody who drips a byte a
second would hold the function until it is killed. A watchdog therefore shuts the connection down
when the time for the whole exchange is over.

The name is resolved here, once for each exchange; if any of its addresses is internal, none is
called, and the connection goes to one that has been looked at. TLS still asks for the name. There
are no redirects, no proxies, no cookies and no retries.
"""

import contextlib
import queue
import socket
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

import requests
from requests.adapters import HTTPAdapter
from urllib3 import HTTPConnectionPool, HTTPSConnectionPool
from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.exceptions import NewConnectionError

from service.addresses import AddressPolicy
from service.errors import AddressNotAllowed

Resolve = Callable[..., list[Any]]
Dial = Callable[[str, int], socket.socket]

_CONNECT_TIMEOUT_S = 10.0


class ExchangeBroken(Exception):
    """No answer, or not all of it; the text says why and never repeats the address.

    Attributes:
        passing: Whether trying again may help.
    """

    def __init__(self, reason: str, *, passing: bool) -> None:
        super().__init__(reason)
        self.passing = passing


@dataclass(frozen=True)
class Call:
    """What is sent.

    Attributes:
        method: Of HTTP.
        url: The client's address; it may hold secrets.
        headers: All but those that HTTP itself needs.
        body: The bytes to send, if any.
        timeout_s: For the whole exchange.
    """

    method: str
    url: str
    headers: Mapping[str, str]
    timeout_s: float
    body: bytes | None = None


class GuardedHttp:
    """Calls what the policy allows, and nothing else."""

    def __init__(self, addresses: AddressPolicy, resolve: Resolve = socket.getaddrinfo) -> None:
        """Make a caller.

        Args:
            addresses: Which addresses may be called.
            resolve: As ``socket.getaddrinfo``.
        """
        self._addresses = addresses
        self._resolve = resolve

    @contextlib.contextmanager
    def exchange(self, call: Call) -> Iterator[requests.Response]:
        """Make a call; its answer's body is read inside ``with``, from ``raw``.

        Raises:
            ExchangeBroken: The call was refused, failed, or took too long; also out of the block.
        """
        watchdog = _Watchdog(call.timeout_s)
        adapter = _GuardedAdapter(lambda host, port: self._dial(host, port, watchdog))
        with requests.Session() as session, watchdog:
            session.trust_env = False  # no proxy and no .netrc: the address is called itself
            session.mount("http://", adapter)
            session.mount("https://", adapter)
            try:
                self._addresses.check_url(call.url)
                with session.request(
                    call.method,
                    call.url,
                    data=call.body,
                    headers={**call.headers, "Accept-Encoding": "identity"},
                    timeout=(min(_CONNECT_TIMEOUT_S, call.timeout_s), call.timeout_s),
                    allow_redirects=False,
                    stream=True,
                ) as answer:
                    watchdog.check()  # a connection cut within the headers reads like their end
                    yield answer
                    watchdog.check()  # or within a body that has no length
            except Exception as failure:  # noqa: BLE001 - whatever the other side does is an answer
                if watchdog.bit:
                    raise ExchangeBroken("timed out", passing=True) from None
                raise _in_words(failure) from None

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
                sock.settimeout(watchdog.timeout_s)
                return sock
        raise failure


def _in_words(failure: Exception) -> ExchangeBroken:
    """Never the exception's own text: it repeats the address, and with it the client's secrets."""
    if isinstance(failure, AddressNotAllowed):
        return ExchangeBroken("address not allowed", passing=False)
    if isinstance(failure, requests.exceptions.SSLError):
        return ExchangeBroken("TLS failed", passing=True)
    if isinstance(failure, requests.exceptions.Timeout):
        return ExchangeBroken("timed out", passing=True)
    if isinstance(failure, requests.exceptions.ConnectionError):
        return ExchangeBroken("no connection", passing=True)
    return ExchangeBroken("no valid answer", passing=True)


class _Watchdog:
    """Ends one exchange when its time is over."""

    def __init__(self, timeout_s: float) -> None:
        self.timeout_s = timeout_s
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

    def check(self) -> None:
        """Let go on what is still in time.

        Raises:
            TimeoutError: It is not.
        """
        if self.bit:
            raise TimeoutError

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
