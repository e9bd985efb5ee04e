"""What a report of a panoramic holds."""

from typing import Annotated, Literal

from pydantic import Field

from pipelines.described import Described

Confidence = Annotated[float, Field(ge=0, le=1)]
Status = Literal[
    "healthy", "caries", "filled", "crown", "bridge", "implant", "root_canal", "residual_root",
    "impacted", "missing", "unknown",
]  # fmt: skip


class Region(Described):
    """Where something is, in pixels of the submitted image; absent for what is missing."""

    box: tuple[float, float, float, float] | None = Field(None, description="x0, y0, x1, y1")
    polygon: list[tuple[float, float]] | None = None


class ToothFinding(Described):
    """Something seen at a tooth."""

    type: str
    confidence: Confidence


class Tooth(Region):
    """One of the 32 positions."""

    id: int = Field(description="FDI number.")
    name: str
    status: Status
    confidence: Confidence
    findings: list[ToothFinding] | None = None


class Disease(Region):
    """A finding, located at a tooth."""

    type: str
    location: str = Field(description="tooth_21")
    severity: Literal["mild", "moderate", "severe"] | None
    confidence: Confidence


class Restoration(Region):
    """A filling, crown or implant."""

    type: str
    confidence: Confidence


class PanoImage(Described):
    """The submitted image."""

    width: int
    height: int


class PanoReport(Described):
    """The report of a panoramic."""

    teeth: list[Tooth] = Field(description="All 32 positions.")
    diseases: list[Disease]
    restorations: list[Restoration]
    unnumbered: list[Region] = Field(description="Teeth whose number could not be told.")
    modules: list[str] = Field(description="What was read.")
    image: PanoImage
