"""The settings of every function that has to do with films."""

from datetime import timedelta

from service.settings import Environment


class FilmSettings(Environment, frozen=True, kw_only=True):
    """What every function needs that has to do with films."""

    task_table: str
    film_bucket: str
    task_queue_url: str
    high_task_queue_url: str
    result_queue_url: str
    queue_patience_seconds: timedelta
