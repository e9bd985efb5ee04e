"""The body of a callback."""

import json
from typing import Any, Self

import msgspec
from msgspec import Struct, field
from msgspec.structs import replace

from service.errors import FailureCode, FilmFailed
from service.task import Failure


class ArtefactNote(Struct, frozen=True, kw_only=True, rename="camel"):
    """A file that belongs to a report; the task's status has a link to it."""

    name: str
    media_type: str


class CallbackPayload(Struct, frozen=True, kw_only=True, rename="camel"):
    """The body of a callback.

    Attributes:
        data: The report, or ``None`` if the task failed.
        error: Why it failed, or ``None``.
        models: Name → version of every model that served.
        provider: What they ran on.
        artefacts: The files that belong to the report.
        result_url: Where the report is fetched from, if it is too large for a callback.
    """

    task_id: str
    data: dict[str, Any] | None = None
    error: Failure | None = None
    models: dict[str, str] = field(default_factory=dict)
    provider: str | None = None
    artefacts: tuple[ArtefactNote, ...] = ()
    result_url: str | None = None

    def linked(self, result_url: str) -> Self:
        """The same with a link in place of the report."""
        return replace(self, data=None, result_url=result_url)

    def to_bytes(self) -> bytes:
        """Serialise it: done once for each task, since every attempt sends the same bytes.

        Raises:
            FilmFailed: The report holds what JSON cannot say, such as NaN.
        """
        try:
            document = msgspec.to_builtins(replace(self, data=None)) | {"data": self.data}
            msgspec.convert(document, CallbackPayload)  # a pipeline's own report, of whatever kind
            return json.dumps(document, separators=(",", ":"), allow_nan=False).encode()
        except (TypeError, ValueError):
            raise FilmFailed(FailureCode.INFERENCE_FAILED, "the report is not JSON") from None
