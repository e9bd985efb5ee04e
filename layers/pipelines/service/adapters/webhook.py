"""Callbacks over HTTP: one POST, of whose answer the status and the first bytes are read."""

import socket
import time
from collections.abc import Mapping

import requests

from service.adapters.guarded import Call, ExchangeBroken, GuardedHttp, Resolve
from service.addresses import AddressPolicy
from service.ports import Answer

_TIMEOUT_S = 30.0
_HEAD_BYTES = 256  # of the answer: enough to see what a receiver complained about


class RequestsCourier:
    """Posts to what the policy allows."""

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
        self._http = GuardedHttp(addresses, timeout_s, resolve)

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """POST a body; see :class:`service.ports.Courier`."""
        started = time.monotonic()
        status: int | None = None
        head, error = "", None
        try:
            with self._http.exchange(Call("POST", url, headers, body)) as answer:
                status = answer.status_code
                head = _head_of(answer)
        except ExchangeBroken as broken:
            error = str(broken)
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
