"""What a client may send with a cephalogram."""

from typing import Literal

from pydantic import Field

from pipelines.options import FilmOptions


class CephOptions(FilmOptions):
    """Options of cephalograms."""

    sex: Literal["female", "male"] | None = Field(
        default=None, description="Whose norms lengths are compared with, where they differ."
    )
