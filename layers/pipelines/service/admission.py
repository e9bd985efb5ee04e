"""How much a client may ask for, and how much may wait in all; the rest is refused.

Both are counted approximately, for one write to the table for a request and hardly a call more: a
client that begins anew at the turn of a minute may have up to twice its quota within sixty seconds,
and functions that run side by side may each let a few films too many into the queue.
"""

import contextlib
import math
from datetime import datetime, timedelta
from typing import NamedTuple

from service.caller import Caller
from service.errors import TooManyRequests, Unavailable
from service.ports import Clock, Counters, Queue

_MINUTE = timedelta(minutes=1)
_LOOK_AGAIN = timedelta(seconds=5)  # the queue's own figures are that old anyway
_QUEUE_RETRY = timedelta(seconds=30)  # in which the readers make some room
_TRIALS_PER_MINUTE = 10  # enough to mend a receiver by trying, too few to trouble anybody else's


class Backlog:
    """How many films wait to be read; one for a process, which remembers what it saw."""

    def __init__(self, queues: tuple[Queue, ...], clock: Clock, most: int) -> None:
        """Begin without having looked.

        Args:
            queues: Where they wait.
            clock: Tells when to look again.
            most: How many may wait.
        """
        self.queues = queues
        self.clock = clock
        self.most = most
        self._waiting = 0
        self._seen_at: datetime | None = None

    def room(self) -> int:
        """For how many films there is room, as far as anybody knows."""
        now = self.clock.now()
        if self._seen_at is None or now - self._seen_at >= _LOOK_AGAIN:
            self._seen_at = now
            # A queue that does not answer keeps no film out: the sweeper sends what is on record.
            with contextlib.suppress(Unavailable):
                self._waiting = sum(queue.depth().waiting for queue in self.queues)
        return max(0, self.most - self._waiting)

    def taken(self, tasks: int) -> None:
        """So many have been let in since."""
        self._waiting += tasks


class Admission(NamedTuple):
    """The use case with what it needs.

    Attributes:
        tasks_per_minute: The quota of whoever has none of its own.
    """

    counters: Counters
    backlog: Backlog
    clock: Clock
    tasks_per_minute: int

    def __call__(self, caller: Caller, tasks: int = 1) -> int:
        """Let tasks in.

        Args:
            caller: Who asks.
            tasks: How many it has.

        Returns:
            How many of them may pass, at least one.

        Raises:
            TooManyRequests: None may; the error says when to come again.
            Unavailable: A part of the service did not answer.
        """
        room = min(tasks, self.backlog.room())
        if room == 0:
            raise TooManyRequests("the queue is full", _QUEUE_RETRY)
        granted = self._granted(caller.client, room, self._quota(caller))
        self.backlog.taken(granted)
        return granted

    def refusal(self, caller: Caller) -> TooManyRequests:
        """What is said of those tasks that may not pass while others do."""
        quota = self._quota(caller)
        reason = f"no more: {quota} tasks a minute are your quota, or the queue is full"
        return TooManyRequests(reason, self._until_next_minute())

    def trial(self, caller: Caller) -> None:
        """Let a trial out.

        Raises:
            TooManyRequests: It was one too many.
            Unavailable: A part of the service did not answer.
        """
        most = max(_TRIALS_PER_MINUTE, self._quota(caller) // 60)
        self._granted(f"trial#{caller.client}", 1, most)

    def _quota(self, caller: Caller) -> int:
        return caller.tasks_per_minute or self.tasks_per_minute

    def _granted(self, name: str, wanted: int, quota: int) -> int:
        now = self.clock.now()
        minute = int(now.timestamp() // 60)
        # A counter of its own for each client and minute: no item of the table becomes hot.
        used = self.counters.add(f"quota#{name}#{minute}", wanted, now + 2 * _MINUTE)
        granted = min(wanted, quota - (used - wanted))
        if granted <= 0:
            raise TooManyRequests(f"your quota is {quota} a minute", self._until_next_minute())
        return granted

    def _until_next_minute(self) -> timedelta:
        return timedelta(seconds=60 - math.floor(self.clock.now().timestamp() % 60))
