"""The service as its clients see it: HTTP and nothing else."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests

_TIMEOUT_S = 60
_LOOPBACK = ("127.0.0.1", "localhost", "::1")


class ServiceError(Exception):
    """The service did not do what was asked; the text is for a person."""


@dataclass(frozen=True)
class Film:
    """What is submitted.

    Attributes:
        name: File name.
        content: The file.
        task_type: What it shows.
    """

    name: str
    content: bytes
    task_type: str


class Service:
    """A running service."""

    def __init__(self, api_url: str) -> None:
        """Remember the address.

        Args:
            api_url: Base address; paths begin with ``/api/v1``.
        """
        self._url = api_url.rstrip("/")
        self._session = requests.Session()
        # A proxy of the environment cannot reach this machine's own ports.
        self._session.trust_env = not is_local(api_url)

    def submit(self, film: Film, callback_url: str) -> str:
        """Submit a film.

        Args:
            film: What to read.
            callback_url: Where the report goes.

        Returns:
            The task's id.

        Raises:
            ServiceError: It was refused, or the service cannot be reached.
        """
        fields = {"taskType": film.task_type, "callbackUrl": callback_url}
        files = {"image": (film.name, film.content)}
        task_id: str = self._call("POST", "/api/v1/analyze", data=fields, files=files)["taskId"]
        return task_id

    def task(self, task_id: str) -> Mapping[str, Any]:
        """Ask how a task stands.

        Args:
            task_id: Its id.

        Raises:
            ServiceError: There is no such task, or the service cannot be reached.
        """
        return self._call("GET", f"/api/v1/task/{task_id}")

    def _call(self, method: str, path: str, **arguments: Any) -> Mapping[str, Any]:
        try:
            answer = self._session.request(
                method, self._url + path, timeout=_TIMEOUT_S, allow_redirects=False, **arguments
            )
        except requests.RequestException as error:
            reason = "no answer in time" if isinstance(error, requests.Timeout) else "no connection"
            raise ServiceError(f"{reason} from {self._url}") from None
        try:
            document = answer.json()
        except requests.JSONDecodeError:
            document = None
        if not isinstance(document, dict):
            raise ServiceError(f"{self._url} answers {answer.status_code}, and not in JSON")
        if not answer.ok:
            code, message = document.get("code"), document.get("message")
            detail = f": {document['detail']}" if document.get("detail") else ""
            raise ServiceError(f"{message} ({code or answer.status_code}){detail}")
        return document


def is_local(url: str) -> bool:
    """Whether an address is on this machine.

    Args:
        url: An HTTP address.
    """
    return urlsplit(url).hostname in _LOOPBACK
