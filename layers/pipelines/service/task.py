"""A task and the only ways in which it changes.

::

    pending ──claimed──▶ processing ──finished──▶ completed | failed
       ▲                     │                        │
       └── queued again by ──┘ lease over             └─ delivery: waiting ─▶ delivered | exhausted
           the sweeper

Every transition is a pure function from a task to the next one. It is written only if nobody wrote
in between (``version``), so two processes can never both succeed. Whatever somebody must do next
by a certain time stands in ``due_at``; a task that waits for nobody has none.
"""

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any, NamedTuple, Self, overload

from msgspec import Struct, field
from msgspec.structs import replace

_KILL_MARGIN = timedelta(seconds=5)
_MOST_ATTEMPTS = 100  # a record may grow to 400 kB, and an attempt takes up to a kilobyte


class TaskStatus(StrEnum):
    """Where the reading of a film stands."""

    PENDING = "pending"
    PROCESSING = "processing"
    COMPLETED = "completed"
    FAILED = "failed"
    CANCELLED = "cancelled"

    @property
    def final(self) -> bool:
        """Whether the status never changes again."""
        return self in (TaskStatus.COMPLETED, TaskStatus.FAILED, TaskStatus.CANCELLED)


class DeliveryState(StrEnum):
    """Where the callback stands."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    EXHAUSTED = "exhausted"


class Priority(StrEnum):
    """Whose turn it is: a film of high priority never waits behind one of normal priority."""

    NORMAL = "normal"
    HIGH = "high"


class Step(StrEnum):
    """What a task waits for."""

    READ = "read"
    DELIVER = "deliver"


class TransitionRefused(Exception):
    """The task is not in a state from which this transition leads."""


class NothingToDo(TransitionRefused):
    """Somebody has already done it, or it is not yet time: the message can go."""


class LeaseHeld(TransitionRefused):
    """Another live process works on it: the message must come again."""


class LeaseLost(TransitionRefused):
    """Another process has taken over since: what this one made is void."""


class TaskKey(NamedTuple):
    """A taskId is unique per client."""

    client: str
    task_id: str

    def __str__(self) -> str:
        return f"{self.client}#{self.task_id}"

    @classmethod
    def parse(cls, text: str) -> Self:
        """Read what ``str`` wrote."""
        client, _, task_id = text.partition("#")
        return cls(client, task_id)


class Failure(Struct, frozen=True, kw_only=True):
    """Why a task failed, in the contract's terms."""

    code: int
    message: str


class StageTimes(Struct, frozen=True, kw_only=True):
    """How long the reader that finished took over each stage; ``None`` for one not reached.

    Attributes:
        downloaded_ms: Until it had the film.
        read_ms: Until the pipeline had read it; of films read together, each has an equal part.
    """

    downloaded_ms: int | None = None
    read_ms: int | None = None


class Lease(Struct, frozen=True, kw_only=True):
    """The right of one process to work on a task, until it ends or its time is over."""

    holder: str
    until: datetime

    @classmethod
    def for_process(cls, holder: str, time_left: timedelta, now: datetime) -> Self:
        """For a process that the platform kills when its time is over; lasts a moment longer."""
        return cls(holder=holder, until=now + time_left + _KILL_MARGIN)


class Attempt(Struct, frozen=True, kw_only=True):
    """One POST to the client's URL.

    Attributes:
        at: When it was sent.
        status: HTTP status of the answer; ``None`` if there was none.
        latency_ms: Until the answer, or until it was given up.
        error: Why it did not count as delivered; ``None`` for a 2xx.
        answer: The first bytes of the answer.
    """

    at: datetime
    status: int | None
    latency_ms: int
    error: str | None = None
    answer: str = ""


class Delivery(Struct, frozen=True, kw_only=True):
    """The callback of a task; its attempts oldest first.

    ``spent_before`` attempts were made before the client last asked for a redelivery: the schedule
    begins anew after them.
    """

    url: str
    state: DeliveryState = DeliveryState.WAITING
    attempts: tuple[Attempt, ...] = ()
    spent_before: int = 0
    next_attempt_at: datetime | None = None
    lease: Lease | None = None

    @property
    def spent(self) -> int:
        """How many attempts of the schedule have been made."""
        return len(self.attempts) - self.spent_before


class TaskSummary(Struct, frozen=True, kw_only=True):
    """What a list shows of a task."""

    client: str
    task_id: str
    task_type: str
    status: TaskStatus
    created_at: datetime
    completed_at: datetime | None = None
    expires_at: datetime


class Task(Struct, frozen=True, kw_only=True):
    """The record of one submitted film.

    Attributes:
        film_key: Where the film lies; new for every post, so that a refused one touches no other.
        image_url: Where the client has it, until it has been read; it may hold secrets.
        fence: How often a process has begun to read it; every reader writes under its own number.
        abandoned: How many of those processes ended without a word: killed, or out of time.
        setbacks: How many gave it back because a part of the service did not answer.
        fetches: How many could not fetch it, for a reason that may pass.
        outcome_key: Where the callback's body lies, serialised once.
        due_at: When the sweeper must look after it.
        version: Counts the writes; a write holds only if nobody wrote since the read.
    """

    client: str
    task_id: str
    task_type: str
    film_key: str
    image_url: str | None = None
    priority: Priority = Priority.NORMAL
    options: dict[str, Any] = field(default_factory=dict)
    idempotency_key: str | None = None
    status: TaskStatus = TaskStatus.PENDING
    created_at: datetime
    started_at: datetime | None = None
    completed_at: datetime | None = None
    expires_at: datetime
    fence: int = 0
    abandoned: int = 0
    setbacks: int = 0
    fetches: int = 0
    lease: Lease | None = None
    outcome_key: str | None = None
    error: Failure | None = None
    times: StageTimes = StageTimes()
    delivery: Delivery
    due_at: datetime | None = None
    version: int = 0

    @property
    def key(self) -> TaskKey:
        """What identifies it."""
        return TaskKey(self.client, self.task_id)

    @property
    def waits_for(self) -> Step | None:
        """What must happen next, if anything."""
        if not self.status.final:
            return Step.READ
        if self.status is TaskStatus.CANCELLED or self.delivery.state is not DeliveryState.WAITING:
            return None
        return Step.DELIVER

    def occupied(self, now: datetime) -> bool:
        """Whether a live process works on it, or its next attempt waits for its time."""
        leases = [lease.until for lease in (self.lease, self.delivery.lease) if lease]
        return any(now < until for until in (*leases, self.delivery.next_attempt_at) if until)

    def sent(self, step: Step, now: datetime, look_again_at: datetime) -> Self:
        """A message for ``step`` has gone out; nobody need look before ``look_again_at``."""
        if self.waits_for is None:
            return self._with(due_at=None) if self.due_at else self
        lease = self.lease or self.delivery.lease
        if self.waits_for is not step or (lease and now < lease.until):
            return self  # somebody is already at it, and has set a due time of its own
        return self._with(due_at=look_again_at)

    def claimed(self, lease: Lease, now: datetime) -> Self:
        """A process begins to read the film.

        Raises:
            NothingToDo: It has been read, or was cancelled.
            LeaseHeld: Another live process is reading it.
        """
        if self.status.final:
            raise NothingToDo(f"already {self.status}")
        if self.lease and self.lease.holder == lease.holder:
            return self  # our own write, whose answer was lost
        if self.lease and now < self.lease.until:
            raise LeaseHeld(f"being read until {self.lease.until:%H:%M:%S}")
        return self._with(
            status=TaskStatus.PROCESSING,
            started_at=self.started_at or now,
            fence=self.fence + 1,
            abandoned=self.abandoned + (self.lease is not None),
            lease=lease,
            due_at=lease.until,
        )

    def finished(
        self,
        fence: int,
        outcome_key: str,
        error: Failure | None,
        now: datetime,
        times: StageTimes | None = None,
    ) -> Self:
        """The reader under ``fence`` has stored the outcome; the callback is due at once.

        Raises:
            LeaseLost: Another reader has begun since, or the task has ended otherwise.
        """
        if self.outcome_key == outcome_key:
            return self  # our own write, whose answer was lost
        if self.status is not TaskStatus.PROCESSING or self.fence != fence:
            raise LeaseLost(f"{self.status} under fence {self.fence}, not {fence}")
        return self._with(
            status=TaskStatus.FAILED if error else TaskStatus.COMPLETED,
            completed_at=now,
            image_url=None,
            lease=None,
            outcome_key=outcome_key,
            error=error,
            times=times or StageTimes(),
            due_at=now,
        )

    def released(self, fence: int, look_again_at: datetime) -> Self:
        """The reader under ``fence`` gives up for now: whoever has a message may begin again.

        Args:
            fence: Of the reader.
            look_again_at: When the sweeper should send one.
        """
        if not self._held_by(fence):
            return self
        return self._with(lease=None, setbacks=self.setbacks + 1, due_at=look_again_at)

    def not_fetched(self, fence: int, look_again_at: datetime) -> Self:
        """The reader under ``fence`` could not fetch the film, for a reason that may pass.

        Args:
            fence: Of the reader.
            look_again_at: When to try again.
        """
        if not self._held_by(fence):
            return self
        return self._with(lease=None, fetches=self.fetches + 1, due_at=look_again_at)

    def unread(self, now: datetime) -> Self:
        """Its message came in vain as often as the queue allows.

        That is one lost reader more, unless it was given back in an outage that explains it.

        Raises:
            NothingToDo: It has been read, or was cancelled.
            LeaseHeld: A live process is reading it.
        """
        if self.status.final:
            raise NothingToDo(f"already {self.status}")
        if self.lease and now < self.lease.until:
            raise LeaseHeld(f"being read until {self.lease.until:%H:%M:%S}")
        if self.setbacks:
            return self._with(setbacks=self.setbacks - 1)
        return self._with(lease=None, abandoned=self.abandoned + 1, due_at=now)

    def cancelled(self, now: datetime) -> Self:
        """The client wants no result: nobody reads on, and no callback is sent.

        Raises:
            NothingToDo: It has been read already.
        """
        if self.status is TaskStatus.CANCELLED:
            return self
        if self.status.final:
            raise NothingToDo(f"already {self.status}")
        return self._with(
            status=TaskStatus.CANCELLED, completed_at=now, image_url=None, lease=None, due_at=None
        )

    def redelivery_asked(self, now: datetime) -> Self:
        """The client wants the stored result again; the schedule begins anew.

        Raises:
            NothingToDo: There is no result to deliver, or it has been tried too often.
            LeaseHeld: It is being delivered at this moment.
        """
        delivery = self.delivery
        if not self.status.final:
            raise NothingToDo(f"still {self.status}")
        if self.outcome_key is None:
            raise NothingToDo("no result")
        if len(delivery.attempts) >= _MOST_ATTEMPTS:
            raise NothingToDo(f"{len(delivery.attempts)} attempts are on record; that is enough")
        if delivery.lease and now < delivery.lease.until:
            raise LeaseHeld("being delivered at this moment")
        changes = {
            "state": DeliveryState.WAITING,
            "next_attempt_at": None,
            "spent_before": len(delivery.attempts),
            "lease": None,
        }
        return self._with(delivery=replace(delivery, **changes), due_at=now)

    def delivery_claimed(self, lease: Lease, now: datetime) -> Self:
        """A process begins an attempt to deliver the callback.

        Raises:
            NothingToDo: It is delivered or exhausted, or the next attempt is not yet due.
            LeaseHeld: Another live process is delivering it.
        """
        delivery = self.delivery
        if self.waits_for is not Step.DELIVER:
            raise NothingToDo(f"{self.status}, callback {delivery.state}")
        if delivery.lease and delivery.lease.holder == lease.holder:
            return self  # our own write, whose answer was lost
        if delivery.lease and now < delivery.lease.until:
            raise LeaseHeld(f"being delivered until {delivery.lease.until:%H:%M:%S}")
        if delivery.next_attempt_at and now < delivery.next_attempt_at:
            raise NothingToDo(f"next attempt at {delivery.next_attempt_at:%H:%M:%S}")
        changes: dict[str, Any] = {"lease": lease}
        if delivery.lease:
            # Its holder died over the attempt: that is one too, or it could go on for ever.
            lost = Attempt(
                at=delivery.lease.until,
                status=None,
                latency_ms=0,
                error="the process ended before the attempt was recorded",
            )
            changes["attempts"] = (*delivery.attempts, lost)
        return self._with(delivery=replace(delivery, **changes), due_at=lease.until)

    def exhausted(self, holder: str) -> Self:
        """Every attempt is spent; ``holder`` has claimed one that it will not make."""
        delivery = self.delivery
        if not delivery.lease or delivery.lease.holder != holder:
            return self
        changes = {"state": DeliveryState.EXHAUSTED, "next_attempt_at": None, "lease": None}
        return self._with(delivery=replace(delivery, **changes), due_at=None)

    def attempted(self, holder: str, attempt: Attempt, retry_in: timedelta | None) -> Self:
        """An attempt was made.

        Args:
            holder: Of the lease under which it was made.
            attempt: What came of it; with an error, it was not delivered.
            retry_in: Time until the next one; ``None`` if this was the last.
        """
        delivery = self.delivery
        mine = delivery.lease is not None and delivery.lease.holder == holder
        if not mine and attempt in delivery.attempts:
            return self  # our own write, whose answer was lost
        changes: dict[str, Any] = {"attempts": (*delivery.attempts, attempt)}
        due_at = self.due_at
        waiting = delivery.state is DeliveryState.WAITING
        if attempt.error is None or (mine and waiting):  # a success is one, whenever it comes
            state, due_at = _after(attempt, retry_in)
            changes |= {"state": state, "next_attempt_at": due_at}
        if mine:
            changes["lease"] = None
        return self._with(delivery=replace(delivery, **changes), due_at=due_at)

    def _held_by(self, fence: int) -> bool:
        reading = self.status is TaskStatus.PROCESSING and self.lease is not None
        return reading and self.fence == fence

    def _with(self, **changes: Any) -> Self:
        return replace(self, **changes)


def _after(attempt: Attempt, retry_in: timedelta | None) -> tuple[DeliveryState, datetime | None]:
    """Where the callback stands after an attempt, and when the next is due."""
    if attempt.error is None:
        return DeliveryState.DELIVERED, None
    if retry_in is None:
        return DeliveryState.EXHAUSTED, None
    answered = attempt.at + timedelta(milliseconds=attempt.latency_ms)
    return DeliveryState.WAITING, answered + retry_in


@overload
def iso(moment: datetime) -> str: ...
@overload
def iso(moment: datetime | None) -> str | None: ...
def iso(moment: datetime | None) -> str | None:
    """A time as clients see it: UTC, to the millisecond."""
    if moment is None:
        return None
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
