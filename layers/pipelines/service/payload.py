"""The body of a callback."""

import json
from typing import Any, Self

from pydantic import ConfigDict, Field

from service.errors import FailureCode, FilmFailed
from service.model import Model
from service.task import Failure


class ArtefactNote(Model):
    """A file that belongs to a report; the task's status has a link to it."""

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    name: str
    media_type: str = Field(alias="mediaType")


class CallbackPayload(Model):
    """The body of a callback.

    Attributes:
        data: The report, or ``None`` if the task failed.
        error: Why it failed, or ``None``.
        models: Name → version of every model that served.
        provider: What they ran on.
        artefacts: The files that belong to the report.
        result_url: Where the report is fetched from, if it is too large for a callback.
    """

    model_config = ConfigDict(frozen=True, populate_by_name=True)

    task_id: str = Field(alias="taskId")
    data: dict[str, Any] | None = None
    error: Failure | None = None
    models: dict[str, str] = {}  # noqa: RUF012 - pydantic copies it
    provider: str | None = None
    artefacts: tuple[ArtefactNote, ...] = ()
    result_url: str | None = Field(alias="resultUrl", default=None)

    def linked(self, result_url: str) -> Self:
        """The same with a link in place of the report."""
        return self.model_copy(update={"data": None, "result_url": result_url})

    def to_bytes(self) -> bytes:
        """Serialise it: done once for each task, since every attempt sends the same bytes.

        Raises:
            FilmFailed: The report holds what JSON cannot say, such as NaN.
        """
        try:
            document = self.model_dump(mode="python", by_alias=True)
            return json.dumps(document, separators=(",", ":"), allow_nan=False).encode()
        except (TypeError, ValueError):
            raise FilmFailed(FailureCode.INFERENCE_FAILED, "the report is not JSON") from None
