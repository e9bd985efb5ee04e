"""The settings of the sweeper, and of what settles dead letters."""

from typing import Annotated

from msgspec import Meta

from service.settings import Gaps
from service.settings.films import FilmSettings


class RecoverSettings(FilmSettings, frozen=True, kw_only=True):
    """For the sweeper, and for what becomes of dead letters.

    Attributes:
        task_letters_arn: The dead-letter queue of the tasks.
        high_task_letters_arn: That of the tasks of high priority.
        result_letters_arn: That of the results.
    """

    max_reads: Annotated[int, Meta(ge=1)]
    callback_schedule: Gaps
    task_letters_arn: str
    high_task_letters_arn: str
    result_letters_arn: str
