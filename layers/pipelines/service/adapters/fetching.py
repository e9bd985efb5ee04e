"""Films over HTTP: one GET, bounded in time and in bytes."""

import socket
from datetime import timedelta

import requests

from service import __version__
from service.adapters.guarded import Call, ExchangeBroken, GuardedHttp, Resolve
from service.addresses import AddressPolicy
from service.errors import FetchFailed

_CHUNK_BYTES = 2**20
# RFC 9110 and 8470: what a server says when the same request may succeed later.
_PASSING = {408, 425, 429, 500, 502, 503, 504}


class RequestsFetcher:
    """Fetches from what the policy allows."""

    def __init__(self, addresses: AddressPolicy, resolve: Resolve = socket.getaddrinfo) -> None:
        """Make a fetcher.

        Args:
            addresses: Which addresses may be called.
            resolve: As ``socket.getaddrinfo``.
        """
        self._http = GuardedHttp(addresses, resolve)

    def fetch(self, url: str, most_bytes: int, timeout: timedelta) -> bytes:
        """GET a file; see :class:`service.ports.Fetcher`."""
        headers = {"User-Agent": f"Xray-Inference-Service/{__version__}"}
        content = b""
        try:
            with self._http.exchange(Call("GET", url, headers, timeout.total_seconds())) as answer:
                status = answer.status_code
                if status == 200:
                    content = _read(answer, most_bytes)
        except ExchangeBroken as broken:
            raise FetchFailed(str(broken), passing=broken.passing) from None
        if 300 <= status < 400:
            raise FetchFailed(f"answered {status}; redirects are not followed", passing=False)
        if status != 200:
            raise FetchFailed(f"answered {status}", passing=status in _PASSING)
        if len(content) > most_bytes:
            raise FetchFailed(f"larger than {most_bytes} bytes", passing=False)
        return content


def _read(answer: requests.Response, most_bytes: int) -> bytes:
    """The body, or as much of it as shows that it is too large."""
    chunks: list[bytes] = []
    left = most_bytes + 1
    while left > 0 and (chunk := answer.raw.read(min(left, _CHUNK_BYTES))):
        chunks.append(chunk)
        left -= len(chunk)
    return b"".join(chunks)
