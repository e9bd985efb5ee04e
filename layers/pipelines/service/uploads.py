"""The way in for films that no request can carry: the client uploads to the store itself."""

import uuid
from datetime import timedelta
from typing import Annotated, NamedTuple

from pydantic import BeforeValidator, Field, StringConstraints

from service.answers.films import Upload
from service.errors import ImageTooLarge, UnsupportedImage
from service.json_body import JsonBody
from service.ports import Clock, FilmStore, TaskTypes

MAX_UPLOAD_BYTES = 100_000_000
_LIFETIME = timedelta(minutes=15)


def upload_key(client: str, upload_id: str) -> str:
    """Where a film lies until it is posted; its name, which may be a patient's, is not kept."""
    return f"uploads/{client}/{upload_id}"


def readable_media(task_types: TaskTypes) -> list[str]:
    """The media types that some task type reads."""
    return sorted(set().union(*(spec.media for spec in task_types.values())))


def _number(value: object) -> object:
    if not isinstance(value, int | float) or isinstance(value, bool):
        raise ValueError("input should be a valid integer")  # noqa: TRY004 - pydantic's way
    return value


class UploadRequest(JsonBody):
    """The body of ``POST /uploads``.

    Attributes:
        file_name: For the client's own records; it may name a patient, and is not kept.
        content_type: Media type of the film.
        size: In bytes.
    """

    file_name: Annotated[str, StringConstraints(max_length=1024)] = Field(
        alias="fileName", default=""
    )
    content_type: str = Field(alias="contentType")
    size: Annotated[int, BeforeValidator(_number)] = Field(gt=0)


class Uploads(NamedTuple):
    """The use case with what it needs."""

    films: FilmStore
    clock: Clock
    task_types: TaskTypes

    def __call__(self, client: str, request: UploadRequest) -> Upload:
        """Let a client upload one film of the size and type that it has announced.

        Returns:
            The ``uploadId`` for ``POST /analyze``, and the form to post the file with.

        Raises:
            UnsupportedImage: No task type reads this media type.
            ImageTooLarge: It exceeds what any way in takes.
            Unavailable: A part of the service did not answer.
        """
        media = readable_media(self.task_types)
        if request.content_type not in media:
            raise UnsupportedImage(f"contentType: must be one of {', '.join(media)}")
        if request.size > MAX_UPLOAD_BYTES:
            raise ImageTooLarge(
                f"size: larger than {MAX_UPLOAD_BYTES} bytes; there is no other way in"
            )
        upload_id = str(uuid.uuid4())
        form = self.films.upload_form(
            upload_key(client, upload_id), request.content_type, request.size, _LIFETIME
        )
        return Upload(
            upload_id=upload_id,
            url=form.url,
            fields=form.fields,
            expires_at=self.clock.now() + _LIFETIME,
        )
