"""What a report of a cephalogram holds."""

from typing import Annotated, Literal

from pydantic import Field

from pipelines.described import Described

Confidence = Annotated[float, Field(ge=0, le=1)]
Unit = Literal["deg", "mm", "ratio"]


class Landmark(Described):
    """A point, in pixels of the submitted image."""

    name: str
    abbreviation: str
    x: float
    y: float
    confidence: Confidence


class IsbiMeasure(Described):
    """A measure of ISBI 2015; null where it cannot be measured."""

    value: float | None
    unit: Unit
    class_: int | None = Field(alias="class", description="Its number in the challenge.")
    reading: str | None


class ClinicalMeasure(Described):
    """A measure of an analysis, compared with its norm."""

    name: str
    value: float | None
    unit: Unit
    norm: float | None
    sd: float | None
    range: tuple[float, float] | None = Field(description="What is read as usual.")
    z: float | None = Field(description="(value − norm) / sd")
    reading: str | None


class Analysis(Described):
    """A clinical analysis."""

    name: str
    source: str = Field(description="Where its norms are from.")
    measurements: list[ClinicalMeasure]


class NotMeasured(Described):
    """What has no value, and why."""

    name: str
    reason: str


class CephImage(Described):
    """The submitted image."""

    width: int
    height: int
    pixel_spacing: tuple[float, float] | None = Field(description="Millimetres: rows, columns.")
    facing: Literal["left", "right"]


class CephReport(Described):
    """The report of a lateral cephalogram."""

    landmarks: list[Landmark] = Field(description="19 points.")
    measurements: dict[str, float | None] = Field(description="SNA, SNB, ANB, … by name.")
    isbi: dict[str, IsbiMeasure]
    analyses: list[Analysis]
    skeletal_class: Literal["I", "II", "III"] | None
    growth_pattern: Literal["horizontal", "normal", "vertical"] | None
    not_measured: list[NotMeasured]
    image: CephImage
