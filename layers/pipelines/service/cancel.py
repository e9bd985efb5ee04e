"""Cancel a task that has not ended: nobody reads on, and no callback is sent."""

import contextlib
from typing import NamedTuple

from service.errors import NotInThisState, Unavailable
from service.ports import Clock, FilmStore, TaskStore
from service.task import NothingToDo, Task, TaskKey


class Cancel(NamedTuple):
    """The use case with what it needs."""

    tasks: TaskStore
    films: FilmStore
    clock: Clock

    def __call__(self, key: TaskKey) -> Task:
        """Cancel a task; one that is cancelled already stays so.

        Raises:
            NotFound: The client has no such task.
            NotInThisState: It has ended.
            Unavailable: A part of the service did not answer.
        """
        now = self.clock.now()
        task = self.tasks.find(key, now)
        try:
            task = self.tasks.update(task, lambda t: t.cancelled(now))
        except NothingToDo as why:
            raise NotInThisState(f"taskId: {why}") from None
        with contextlib.suppress(Unavailable):  # the bucket's lifecycle removes it otherwise
            self.films.delete_film(task.film_key)
        return task
