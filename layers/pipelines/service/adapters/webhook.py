"""Callbacks over HTTP: one POST, of whose answer the status and the first bytes are read."""

import socket
import time
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

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
        self._http = GuardedHttp(addresses, resolve)
        self._timeout_s = timeout_s

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """POST a body; see :class:`service.ports.Courier`."""
        started = time.monotonic()
        status: int | None = None
        head, error, retry_after = "", None, None
        try:
            with self._http.exchange(Call("POST", url, headers, self._timeout_s, body)) as answer:
                status = answer.status_code
                retry_after = _retry_after(answer.headers)
                head = _head_of(answer)
        except ExchangeBroken as broken:
            error = str(broken)
        latency_ms = int((time.monotonic() - started) * 1000)
        if status is not None:  # it answered; what came after the status does not matter
            return Answer(status, latency_ms, head=head, retry_after=retry_after)
        return Answer(status=None, latency_ms=latency_ms, error=error)


def _head_of(answer: requests.Response) -> str:
    try:
        raw = answer.raw.read(_HEAD_BYTES)
    except Exception:  # noqa: BLE001 - the status has been read, and that is the answer
        return ""
    text = bytes(raw).decode(errors="replace")
    return "".join(c if c.isprintable() else " " for c in text)


def _retry_after(headers: Mapping[str, str]) -> timedelta | None:
    """Seconds or a date (RFC 9110, 10.2.3), which is read against the receiver's own clock."""
    value = headers.get("Retry-After", "").strip()
    if value.isascii() and value.isdigit():
        return timedelta(seconds=int(value[:9]))  # years: nobody waits for more anyway
    try:
        now = _date(headers["Date"]) if "Date" in headers else datetime.now(UTC)
        return max(_date(value) - now, timedelta())
    except (ValueError, OverflowError):
        return None


def _date(text: str) -> datetime:
    moment = parsedate_to_datetime(text)
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
