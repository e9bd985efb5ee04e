"""What a client may send with a radiograph of any type."""

from pydantic import BaseModel, ConfigDict, Field


class FilmOptions(BaseModel):
    """Options of the radiograph types."""

    model_config = ConfigDict(extra="forbid", frozen=True, populate_by_name=True)

    pixel_spacing: float | None = Field(
        default=None,
        alias="pixelSpacing",
        gt=0.005,
        lt=5,
        allow_inf_nan=False,
        description="Millimetres per pixel of the submitted image.",
    )
