"""What a client may send with a cephalogram."""

from typing import Annotated, Literal

from msgspec import Meta

from pipelines.options import FilmOptions


class CephOptions(FilmOptions, frozen=True, kw_only=True):
    """Options of cephalograms."""

    sex: Annotated[
        Literal["female", "male"] | None,
        Meta(description="Whose norms lengths are compared with, where they differ."),
    ] = None
