"""Films go out; tasks come back."""

import uuid
from collections.abc import Iterator, Mapping
from os import PathLike
from pathlib import Path
from typing import Any

from xray.client.task import Task
from xray.client.transport import Patience, Transport

MOST_BYTES = 4_500_000  # that a post can carry; more is uploaded first

Film = str | PathLike[str] | bytes


class Client:
    """A service, for one of its clients."""

    def __init__(
        self,
        api_url: str,
        token: str | None = None,
        callback_url: str | None = None,
        patience: Patience | None = None,
    ) -> None:
        """Remember the address.

        Args:
            api_url: Base address, with the stage; paths begin with ``/api/v1``.
            token: Yours, where the service asks for one.
            callback_url: Where reports go, unless :meth:`analyze` says otherwise.
            patience: How long a call may take, and how often it is made.
        """
        self._transport = Transport(api_url, token, patience or Patience())
        self._callback_url = callback_url

    def analyze(
        self,
        film: Film | None = None,
        *,
        type: str,  # noqa: A002 - the word of the contract, as far as Python lets it
        callback_url: str | None = None,
        idempotency_key: str | None = None,
        **fields: Any,
    ) -> Task:
        """Submit a film; one that is too large for a post is uploaded first.

        A post whose answer was lost is made again under the same key: the film is read once.

        Args:
            film: A path or the file's content; left out where ``imageUrl`` says where it is.
            type: What it shows: ``ceph``, ``pano``.
            callback_url: Where the report goes.
            idempotency_key: Yours, if you may submit the same film again after a crash; else
                one is made here.
            fields: The contract's further fields by their names: ``taskId``, ``imageUrl``,
                ``pixelSpacing``, …

        Raises:
            Refused: As the class of the contract's code.
            NoAnswer: Nobody answered; whether the film was accepted is not known.
            OSError: The file cannot be read.
        """
        fields |= {"taskType": type, "callbackUrl": callback_url or self._callback_url}
        fields = {name: value for name, value in fields.items() if value is not None}
        request: dict[str, Any] = {"json": fields}
        if film is not None:
            content = film if isinstance(film, bytes) else Path(film).read_bytes()
            if len(content) > MOST_BYTES:
                request = {"json": fields | {"uploadId": self.upload(content)}}
            else:
                # Its name stays here: it may be a patient's.
                request = {"data": fields, "files": {"image": ("film", content)}}
        headers = {"Idempotency-Key": idempotency_key or str(uuid.uuid4())}
        accepted = self._transport.call("POST", "/api/v1/analyze", headers=headers, **request)
        return self.task(accepted["taskId"])

    def upload(self, content: bytes) -> str:
        """Upload a film of up to 100 MB.

        Args:
            content: The file.

        Returns:
            The ``uploadId``.

        Raises:
            Refused: As the class of the contract's code.
            NoAnswer: Nobody answered.
        """
        announced = {"contentType": media_type_of(content), "size": len(content)}
        form = self._transport.call("POST", "/api/v1/uploads", json=announced)
        self._transport.elsewhere(
            "POST", form["url"], data=form["fields"], files={"file": ("film", content)}
        )
        upload_id: str = form["uploadId"]
        return upload_id

    def task(self, task_id: str) -> Task:
        """A task that was submitted before; nothing is asked.

        Args:
            task_id: Its id.
        """
        return Task(task_id, self._transport)

    def tasks(self, status: str | None = None) -> Iterator[Mapping[str, Any]]:
        """Your tasks, newest first, page by page as they are needed.

        Args:
            status: Only those that stand so.

        Raises:
            ClientError: The service did not answer, or refused.
        """
        query = {"status": status} if status else {}
        cursor: str | None = ""
        while cursor is not None:
            page = self._transport.call(
                "GET", "/api/v1/tasks", params=query | ({"cursor": cursor} if cursor else {})
            )
            yield from page["tasks"]
            cursor = page["cursor"]


def media_type_of(content: bytes) -> str:
    """What a file is, by its first bytes; the service judges it once more."""
    if content.startswith(b"\xff\xd8\xff"):
        return "image/jpeg"
    if content.startswith(b"\x89PNG\r\n\x1a\n"):
        return "image/png"
    if content.startswith(b"BM"):
        return "image/bmp"
    return "application/dicom" if content[128:132] == b"DICM" else "application/octet-stream"
