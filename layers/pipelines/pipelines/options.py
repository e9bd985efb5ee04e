"""What a client may send with a radiograph of any type."""

from typing import Annotated

from msgspec import Meta, Struct

Spacing = Annotated[float, Meta(gt=0.005, lt=5)]


class FilmOptions(Struct, frozen=True, kw_only=True, rename="camel", forbid_unknown_fields=True):
    """Options of the radiograph types."""

    pixel_spacing: Annotated[
        Spacing | None, Meta(description="Millimetres per pixel of the submitted image.")
    ] = None
