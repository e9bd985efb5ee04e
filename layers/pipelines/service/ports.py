"""What the use cases need from outside, without a word about who offers it.

Every method raises :class:`service.errors.Unavailable` when the part it speaks to does not answer.
"""

import contextlib
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, NamedTuple, Protocol, TypeVar

from msgspec import Struct

from service.client_records import ClientRecord
from service.errors import FilmFailed, NotFound
from service.task import Attempt, Priority, Task, TaskKey, TaskSummary
from service.trial_order import TrialOrder

Record = TypeVar("Record", bound=ClientRecord)

_TRIES = 5  # more than the processes that can ever meet on one task


class VersionConflict(Exception):
    """Somebody wrote the record since it was read."""


class NameTaken(Exception):
    """There is, or was, a client of this name."""


class Cursor(NamedTuple):
    """The last task of a page."""

    created_at: str
    task_id: str


class Page(NamedTuple):
    """Some tasks, and where the next page begins; ``None`` if this is the last."""

    tasks: list[TaskSummary]
    cursor: Cursor | None


class TaskStore(ABC):
    """Keeps tasks; nothing is written over what somebody else wrote."""

    @abstractmethod
    def add(self, task: Task) -> None:
        """Write a new task: the moment of its acceptance.

        Raises:
            TaskExists: The key is taken by another post. The same post written twice is no error.
        """

    @abstractmethod
    def get(self, key: TaskKey) -> Task | None:
        """Read a task, as it is after every write that has been answered."""

    @abstractmethod
    def save(self, task: Task) -> Task:
        """Write a task if its version is still the stored one.

        Returns:
            The task with its new version.

        Raises:
            VersionConflict: It is not.
        """

    @abstractmethod
    def due(self, now: datetime, limit: int) -> list[TaskKey]:
        """The tasks whose due time has come, longest due first, at most ``limit``."""

    @abstractmethod
    def beat(self, now: datetime) -> None:
        """Record that the infer function lives."""

    @abstractmethod
    def last_beat(self) -> datetime | None:
        """When the infer function last showed that it lives."""

    @abstractmethod
    def page(self, client: str, limit: int, cursor: Cursor | None) -> Page:
        """The tasks of a client, newest first; a list may lag behind by a moment.

        Args:
            client: Whose.
            limit: The most tasks on the page.
            cursor: Where the page before ended; ``None`` for the first page.
        """

    @abstractmethod
    def oldest_unread(self) -> datetime | None:
        """When the film was posted that has waited longest to be read, if any waits."""

    @abstractmethod
    def unread_before(self, task: Task, limit: int) -> int:
        """How many unread films of the same priority were posted before this one, approximately.

        Args:
            task: Which.
            limit: The most that are counted.
        """

    @abstractmethod
    def pace(self, task_type: str) -> timedelta | None:
        """How long a film of this type took lately, as noted; ``None`` before the first."""

    @abstractmethod
    def set_pace(self, task_type: str, pace: timedelta) -> None:
        """Note how long a film of this type takes; the last of several at once stays."""

    def find(self, key: TaskKey, now: datetime) -> Task:
        """Read a task that a client asks for.

        Raises:
            NotFound: The client has no such task, or it has expired.
        """
        task = self.get(key)
        # Checked here too: the table removes expired records hours late.
        if task is None or task.expires_at <= now:
            raise NotFound("taskId: no such task")
        return task

    def note(self, task: Task, transition: Callable[[Task], Task]) -> None:
        """Apply a transition that does not matter if somebody has written since.

        Args:
            task: The task as last seen.
            transition: A pure function.
        """
        changed = transition(task)
        if changed is not task:
            with contextlib.suppress(VersionConflict):
                self.save(changed)

    def update(self, task: Task, transition: Callable[[Task], Task]) -> Task:
        """Apply a transition to the task as it is stored now.

        Args:
            task: The task as last seen; read again only if somebody wrote since.
            transition: A pure function; may refuse by raising ``TransitionRefused``.

        Returns:
            The stored task after the transition.
        """
        for _ in range(_TRIES):
            changed = transition(task)
            if changed is task:
                return task
            try:
                return self.save(changed)
            except VersionConflict:
                stored = self.get(task.key)
                if stored is None:
                    raise
                task = stored
        raise VersionConflict(str(task.key))


class Counters(Protocol):
    """Counts, approximately, for a while."""

    def add(self, name: str, by: int, until: datetime) -> int:
        """Count on.

        Args:
            name: Of the counter, which begins at 0.
            by: How many more.
            until: When it may be forgotten.

        Returns:
            What it stands at now.
        """


class ClientStore(Protocol[Record]):
    """Keeps one record of a kind for each client; nothing is written over what somebody wrote."""

    def add(self, record: Record) -> None:
        """Write a new client's record.

        Raises:
            NameTaken: There is one.
        """

    def get(self, client: str) -> Record | None:
        """Read a client's record, as it is after every write that has been answered."""

    def save(self, record: Record) -> Record:
        """Write a record if its version is still the stored one.

        Returns:
            The record with its new version.

        Raises:
            VersionConflict: It is not.
        """

    def all(self) -> list[Record]:
        """Every record, by name."""


class UploadForm(NamedTuple):
    """A form with which anybody may upload one file: fields first, then the file as ``file``."""

    url: str
    fields: dict[str, str]


class FilmStore(Protocol):
    """Keeps films until they are read, and the outcomes of reading them."""

    def put_film(self, key: str, film: bytes, media_type: str) -> None:
        """Store a film."""

    def upload_form(self, key: str, media_type: str, size: int, lifetime: timedelta) -> UploadForm:
        """Let somebody else store a film of at most ``size`` bytes."""

    def get_head(self, key: str, size: int) -> bytes | None:
        """Fetch the first bytes of what was uploaded; ``None`` if nothing was."""

    def copy_film(self, source: str, key: str) -> None:
        """Store a film that has been uploaded under another key."""

    def get_film(self, key: str) -> bytes | None:
        """Fetch a film; ``None`` if it is gone."""

    def delete_film(self, key: str) -> None:
        """Remove a film; one that is not there is no error."""

    def put_outcome(self, key: str, body: bytes, media_type: str = "application/json") -> None:
        """Store a callback's body, or an artefact."""

    def get_outcome(self, key: str) -> bytes | None:
        """Fetch a callback's body; ``None`` once its retention is over."""

    def link(self, key: str, lifetime: timedelta) -> str:
        """An address from which anybody may fetch an outcome until its lifetime is over."""

    def check(self) -> None:
        """Return if the store answers."""


class Depth(NamedTuple):
    """How many messages a queue holds, approximately."""

    waiting: int
    in_flight: int


class Queue(Protocol):
    """Carries messages at least once, in no particular order."""

    def send(self, message: Struct, delay: timedelta = timedelta()) -> None:
        """Send a message, visible after ``delay`` (at most 15 minutes)."""

    def depth(self) -> Depth:
        """Count what waits and what is being worked on."""


# Films that wait to be read, each priority in its own.
TaskQueues = Mapping[Priority, Queue]


class Answer(NamedTuple):
    """What a client's URL answered.

    Attributes:
        status: HTTP status; ``None`` if there was no answer.
        latency_ms: Until the answer, or until it was given up.
        error: Why there was no answer; ``None`` if there was one.
        head: The first bytes of the answer, as text.
        retry_after: How long it asks to be left alone, if it does.
    """

    status: int | None
    latency_ms: int
    error: str | None = None
    head: str = ""
    retry_after: timedelta | None = None


class Courier(Protocol):
    """Carries callbacks to the clients."""

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        """POST a JSON body; never raises for what the other side does."""


class Trials(Protocol):
    """Has trials made where there are the rights to."""

    def make(self, order: TrialOrder) -> Attempt:
        """Send a callback once, at once, and tell what came of it."""


class Fetcher(Protocol):
    """Fetches films from where the clients have them."""

    def fetch(self, url: str, most_bytes: int, timeout: timedelta) -> bytes:
        """GET a file.

        Args:
            url: The client's address; it may hold secrets.
            most_bytes: The largest file accepted.
            timeout: For the whole of it.

        Raises:
            FetchFailed: It could not be had.
        """


class Clock(Protocol):
    """Tells the time."""

    def now(self) -> datetime:
        """The time in UTC."""


class TaskTypeSpec(Protocol):
    """What the service must know about a task type."""

    @property
    def media(self) -> frozenset[str]:
        """The media types that it reads."""

    def options_model(self) -> type[Struct]:
        """The options that a client may send with it."""


TaskTypes = Mapping[str, TaskTypeSpec]


class Artefact(Protocol):
    """A file that a pipeline made."""

    @property
    def content(self) -> bytes:
        """The file."""

    @property
    def media_type(self) -> str:
        """What it is."""


class Reading(NamedTuple):
    """What a pipeline read on a film.

    Attributes:
        data: The report.
        models: Name → version.
        artefacts: Name → file.
        provider: What the models ran on.
    """

    data: dict[str, Any]
    models: dict[str, str]
    artefacts: Mapping[str, Artefact] = MappingProxyType({})
    provider: str | None = None


class FilmToRead(NamedTuple):
    """A film as it was submitted, with the options that were sent with it."""

    content: bytes
    options: Mapping[str, Any]


class Reader(Protocol):
    """Reads films of every registered type."""

    def reads_together(self, task_type: str) -> bool:
        """Whether films of a type are read faster together than one after the other."""

    def read(self, task_type: str, films: Sequence[FilmToRead]) -> list[Reading | FilmFailed]:
        """Read some films of one type.

        Returns:
            For each film, in their order, what was read, or why it cannot be read: trying again
            would give the same.
        """
