"""The settings of the reader of films."""

from datetime import timedelta
from typing import Annotated

from msgspec import Meta

from service.settings import Gaps
from service.settings.calling import CallingSettings

# Each gap is the delay of a message, of which SQS knows no more.
_LONGEST_GAP = timedelta(minutes=15)


class InferSettings(CallingSettings, frozen=True, kw_only=True):
    """For the reader of films.

    Attributes:
        fetch_schedule: The gap before each try to fetch a film.
        pipeline_models: Folder of the models, here or ``s3://bucket/prefix``; ``None`` for those
            that come with the function.
        model_memory_mb: How large the files of all loaded models may be together.
        callback_max_bytes: A larger callback has a link in place of its report.
        api_url: Base address of the HTTP API, for such links.
    """

    max_reads: Annotated[int, Meta(ge=1)]
    fetch_schedule: Gaps
    pipeline_models: str | None = None
    model_memory_mb: Annotated[float, Meta(gt=0)] = 1024
    callback_max_bytes: Annotated[int, Meta(gt=0)] = 1_000_000
    api_url: Annotated[str, Meta(pattern="^https?://")]

    def __post_init__(self) -> None:
        super().__post_init__()
        if max(self.fetch_schedule) > _LONGEST_GAP:
            raise ValueError("FETCH_SCHEDULE: a gap is longer than a quarter of an hour")
