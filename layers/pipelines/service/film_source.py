"""Where the film of a task comes from: the store, or at first the client's own address.

What was fetched is stored before it is read, so that a reader that takes over reads the same bytes
and asks the client for nothing.
"""

from dataclasses import dataclass
from datetime import timedelta

from service.errors import FailureCode, FetchFailed, FilmFailed, UnsupportedImage
from service.media import accepted_media_type
from service.ports import Fetcher, FilmStore, TaskTypes
from service.task import Task

MAX_FETCHED_BYTES = 100_000_000  # as much as an upload
_LONGEST_FETCH = timedelta(seconds=30)  # a processor waits for it


@dataclass(frozen=True)
class FilmSource:
    """The part of the use case with what it needs.

    Attributes:
        schedule: The gap before each try to fetch a film; its length is the number of tries.
    """

    films: FilmStore
    fetcher: Fetcher
    task_types: TaskTypes
    schedule: tuple[timedelta, ...]

    def __call__(self, task: Task, time_left: timedelta) -> bytes:
        """Get the film of a task.

        Args:
            task: As it was claimed.
            time_left: How long this process may still run; half of it is left for the reading.

        Raises:
            FilmFailed: There is none, and trying again would give the same.
            FetchFailed: It could not be fetched now; after :meth:`pause` it may be.
            Unavailable: The store did not answer.
        """
        film = self.films.get_film(task.film_key)
        if film is None and task.image_url is not None:
            film = self._fetch(task, task.image_url, min(_LONGEST_FETCH, time_left / 2))
        if film is None:
            raise FilmFailed(FailureCode.IMAGE_UNREADABLE, "the film is gone from the store")
        return film

    def pause(self, task: Task) -> timedelta:
        """The time until the next try, after one that failed."""
        return self.schedule[task.fetches + 1]

    def _fetch(self, task: Task, url: str, timeout: timedelta) -> bytes:
        try:
            film = self.fetcher.fetch(url, MAX_FETCHED_BYTES, timeout)
            media = accepted_media_type(film, self.task_types[task.task_type].media)
        except FetchFailed as failed:
            if failed.passing and task.fetches + 1 < len(self.schedule):
                raise
            message = f"imageUrl could not be fetched: {failed}"
            raise FilmFailed(FailureCode.NOT_FETCHED, message) from None
        except UnsupportedImage as refused:
            raise FilmFailed(FailureCode.IMAGE_UNREADABLE, refused.detail) from None
        self.films.put_film(task.film_key, film, media)
        return film
