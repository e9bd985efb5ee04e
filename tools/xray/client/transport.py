"""HTTP calls that come back with a document or raise; what may be repeated is repeated."""

import random
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import urlsplit

import requests

from xray.client.errors import ClientError, NoAnswer, Refused

_LOOPBACK = ("127.0.0.1", "localhost", "::1")
_PASSING = (429, 502, 503, 504)
_FIRST_WAIT_S = 0.5
_LONGEST_WAIT_S = 60.0


@dataclass(frozen=True)
class Patience:
    """How long a call may take.

    Attributes:
        tries: How often a call is made in all, if it may be repeated.
        timeout_s: Longest wait for one answer.
        sleep: How it waits between them.
    """

    tries: int = 5
    timeout_s: float = 60.0
    sleep: Callable[[float], None] = time.sleep


class Transport:
    """Calls one service."""

    def __init__(self, api_url: str, token: str | None, patience: Patience) -> None:
        """Remember the address.

        Args:
            api_url: Base address; paths begin with ``/api/v1``.
            token: The client's, where one is asked for.
            patience: How long a call may take.
        """
        self.url = api_url.rstrip("/")
        self._patience = patience
        self._session = requests.Session()
        # A proxy of the environment cannot reach this machine's own ports.
        self._session.trust_env = not is_local(api_url)
        if token:
            self._session.headers["Authorization"] = f"Bearer {token}"

    def call(
        self, method: str, path: str, *, repeatable: bool = True, **request: Any
    ) -> Mapping[str, Any]:
        """Ask for a document.

        Args:
            method: HTTP method.
            path: With its leading slash.
            repeatable: Whether a call whose answer was lost may be made again.
            request: As ``requests`` takes it; with bytes and no open file, so that it can be
                sent twice.

        Raises:
            NoAnswer: Nobody answered, or not in the contract's form.
            Refused: The service said no.
        """
        return _document(self._asked(method, self.url + path, request, repeatable=repeatable))

    def link(self, path: str) -> str:
        """Where a path redirects to.

        Raises:
            NoAnswer: Nobody answered, or not with a redirect.
            Refused: The service said no.
        """
        answer = self._asked("GET", self.url + path, {}, repeatable=True)
        if answer.is_redirect:
            return answer.headers["Location"]
        _document(answer)
        raise NoAnswer(f"{self.url} answers {answer.status_code}, and with no link")

    def elsewhere(self, method: str, url: str, **request: Any) -> bytes:
        """Call a link that the service gave: without the token, which is none of its business.

        Raises:
            NoAnswer: Nobody answered, or with an error.
        """
        session = requests.Session()
        session.trust_env = not is_local(url)
        with session:
            answer = self._asked(method, url, request, repeatable=True, session=session)
        if not answer.ok:
            raise NoAnswer(f"{_host(url)} answers {answer.status_code}")
        return answer.content

    def _asked(
        self,
        method: str,
        url: str,
        request: Mapping[str, Any],
        *,
        repeatable: bool,
        session: requests.Session | None = None,
    ) -> requests.Response:
        """The answer, after as many tries as it takes."""
        for tried in range(1, self._patience.tries + 1):
            last = tried == self._patience.tries or not repeatable
            try:
                answer = (session or self._session).request(
                    method,
                    url,
                    timeout=self._patience.timeout_s,
                    allow_redirects=False,
                    **request,
                )
            except requests.RequestException as error:
                if last:
                    raise _no_answer(url, error) from None
                self._patience.sleep(_backoff(tried))
                continue
            if last or answer.status_code not in _PASSING:
                return answer
            self._patience.sleep(_asked_to_wait(answer) or _backoff(tried))
        raise ClientError("no tries were allowed")


def _document(answer: requests.Response) -> Mapping[str, Any]:
    try:
        document = answer.json()
    except requests.JSONDecodeError:
        document = None
    if not isinstance(document, dict):
        raise NoAnswer(f"{_host(answer.url)} answers {answer.status_code}, and not in JSON")
    if not answer.ok:
        raise Refused.of(answer.status_code, document)
    return document


def _no_answer(url: str, error: requests.RequestException) -> NoAnswer:
    reason = "no answer in time" if isinstance(error, requests.Timeout) else "no connection"
    return NoAnswer(f"{reason} from {_host(url)}")


def _host(url: str) -> str:
    """Without the path, which may be a secret."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"


def _backoff(tried: int) -> float:
    """Longer with every try, and not the same for all who failed together."""
    wait = min(_FIRST_WAIT_S * 2.0 ** (tried - 1), _LONGEST_WAIT_S)
    return wait * random.uniform(0.5, 1.0)  # noqa: S311 - no secret


def _asked_to_wait(answer: requests.Response) -> float | None:
    """What ``Retry-After`` says, in seconds; it may be a date."""
    text = answer.headers.get("Retry-After", "")
    try:
        seconds = float(text)
    except ValueError:
        try:
            seconds = (parsedate_to_datetime(text) - datetime.now(UTC)).total_seconds()
        except (TypeError, ValueError):
            return None
    return min(max(seconds, 0.0), _LONGEST_WAIT_S)


def is_local(url: str) -> bool:
    """Whether an address is on this machine.

    Args:
        url: An HTTP address.
    """
    return urlsplit(url).hostname in _LOOPBACK
