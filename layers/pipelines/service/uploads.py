"""The way in for films that no request can carry: the client uploads to the store itself."""

import uuid
from datetime import timedelta
from typing import Annotated, NamedTuple

from msgspec import Meta, Struct

from service.answers.films import Upload
from service.errors import ImageTooLarge, InvalidRequest, UnsupportedImage
from service.ports import Clock, FilmStore, TaskTypes
from service.task import iso

MAX_UPLOAD_BYTES = 100_000_000
_LIFETIME = timedelta(minutes=15)


def upload_key(client: str, upload_id: str) -> str:
    """Where a film lies until it is posted; its name, which may be a patient's, is not kept."""
    return f"uploads/{client}/{upload_id}"


def readable_media(task_types: TaskTypes) -> list[str]:
    """The media types that some task type reads."""
    return sorted(set().union(*(spec.media for spec in task_types.values())))


class UploadRequest(Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """The body of ``POST /uploads``.

    Attributes:
        file_name: For the client's own records; it may name a patient, and is not kept.
        content_type: Media type of the film.
        size: In bytes; JSON may write a whole number as ``5.0``.
    """

    file_name: Annotated[str, Meta(max_length=1024)] = ""
    content_type: str
    size: Annotated[float, Meta(gt=0)]


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
            InvalidRequest: The size is no whole number.
            ImageTooLarge: It exceeds what any way in takes.
            Unavailable: A part of the service did not answer.
        """
        media = readable_media(self.task_types)
        if request.content_type not in media:
            raise UnsupportedImage(f"contentType: must be one of {', '.join(media)}")
        if request.size % 1:
            raise InvalidRequest("size: must be a whole number")
        if request.size > MAX_UPLOAD_BYTES:
            raise ImageTooLarge(
                f"size: larger than {MAX_UPLOAD_BYTES} bytes; there is no other way in"
            )
        upload_id = str(uuid.uuid4())
        form = self.films.upload_form(
            upload_key(client, upload_id), request.content_type, int(request.size), _LIFETIME
        )
        return Upload(
            upload_id=upload_id,
            url=form.url,
            fields=form.fields,
            expires_at=iso(self.clock.now() + _LIFETIME),
        )
