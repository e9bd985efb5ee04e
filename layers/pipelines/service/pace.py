"""How long films take to be read, measured while they are, for whoever asks when theirs will be.

One small item in the table for each task type. A process writes it at most once in ten seconds, so
however many read, the item limits nobody; the last of several writes stays, which for an estimate
is as good as any.
"""

import contextlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from service.errors import Unavailable
from service.ports import Clock, TaskStore

_PAUSE = timedelta(seconds=10)
_WEIGHT = 0.2  # of the newest film: one that is slow by itself moves the average a little


@dataclass(frozen=True)
class Pace:
    """The part of the use case with what it needs.

    Attributes:
        noted: When this process last noted a film of each task type.
    """

    tasks: TaskStore
    clock: Clock
    noted: dict[str, datetime] = field(default_factory=dict)

    def note(self, task_type: str, took: timedelta) -> None:
        """A film has been read; of those that follow each other closely, the first counts.

        Args:
            task_type: Of the film.
            took: From the claim to the report.
        """
        now = self.clock.now()
        if task_type in self.noted and now - self.noted[task_type] < _PAUSE:
            return
        self.noted[task_type] = now
        with contextlib.suppress(Unavailable):  # an estimate may be old
            known = self.tasks.pace(task_type)
            pace = took if known is None else known + (took - known) * _WEIGHT
            self.tasks.set_pace(task_type, pace)
