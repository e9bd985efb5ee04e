"""The settings of the reader of films."""

from datetime import timedelta
from typing import Annotated

from pydantic import BeforeValidator, Field

from service.settings import gaps
from service.settings.calling import CallingSettings

# Each is the delay of a message, of which SQS knows at most a quarter of an hour.
ShortGaps = Annotated[
    tuple[Annotated[timedelta, Field(le=timedelta(minutes=15))], ...],
    BeforeValidator(gaps),
    Field(min_length=1),
]


class InferSettings(CallingSettings):
    """For the reader of films.

    Attributes:
        fetch_schedule: The gap before each try to fetch a film.
        pipeline_models: Folder of the models, here or ``s3://bucket/prefix``; ``None`` for those
            that come with the function.
        model_memory_mb: How large the files of all loaded models may be together.
        callback_max_bytes: A larger callback has a link in place of its report.
        api_url: Base address of the HTTP API, for such links.
    """

    max_reads: int = Field(ge=1)
    fetch_schedule: ShortGaps
    pipeline_models: str | None = None
    model_memory_mb: float = Field(default=1024, gt=0)
    callback_max_bytes: int = Field(default=1_000_000, gt=0)
    api_url: str = Field(pattern=r"^https?://")
