"""In-memory stand-ins for the ports; ``tests/contracts`` holds them to what the adapters do."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Generic

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from service.errors import FetchFailed, FilmFailed, TaskExists, Unavailable
from service.ports import (
    Answer,
    Cursor,
    Depth,
    FilmToRead,
    NameTaken,
    Page,
    Reading,
    Record,
    TaskStore,
    UploadForm,
    VersionConflict,
)
from service.task import Step, Task, TaskKey, TaskSummary

START = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class FakeClock:
    """Stands still until it is moved."""

    def __init__(self) -> None:
        self.time = START

    def now(self) -> datetime:
        return self.time

    def advance(self, **delta: float) -> None:
        self.time += timedelta(**delta)


class Faulty:
    """Makes named methods fail: ``store.broken = {"save"}``.

    What is named in ``silent`` is done, and only the answer is lost.
    """

    def __init__(self) -> None:
        self.broken: set[str] = set()
        self.silent: set[str] = set()

    def _touch(self, method: str) -> None:
        if method in self.broken:
            raise Unavailable(f"{type(self).__name__}: {method}")

    def _lose(self, method: str) -> None:
        if method in self.silent:
            raise Unavailable(f"{type(self).__name__}: the answer of {method} was lost")


class MemoryTaskStore(Faulty, TaskStore):
    def __init__(self) -> None:
        super().__init__()
        self.tasks: dict[TaskKey, str] = {}
        self.beaten: datetime | None = None
        self.paces: dict[str, timedelta] = {}

    def add(self, task: Task) -> None:
        self._touch("add")
        stored = self._stored(task.key)
        if stored and (stored.waits_for or stored.expires_at > task.created_at):
            if stored.film_key != task.film_key:
                raise TaskExists(f"taskId: {task.task_id} has been used before")
            return
        self.tasks[task.key] = msgspec.json.encode(task).decode()
        self._lose("add")

    def get(self, key: TaskKey) -> Task | None:
        self._touch("get")
        return self._stored(key)

    def save(self, task: Task) -> Task:
        self._touch("save")
        stored = self._stored(task.key)
        known = (task.version, task.film_key)
        if stored is None or (stored.version, stored.film_key) != known:
            raise VersionConflict(str(task.key))
        following = replace(task, version=task.version + 1)
        self.tasks[task.key] = msgspec.json.encode(following).decode()
        self._lose("save")
        return following

    def due(self, now: datetime, limit: int) -> list[TaskKey]:
        self._touch("due")
        tasks = [msgspec.json.decode(document, type=Task) for document in self.tasks.values()]
        ripe = [(task.due_at, task.key) for task in tasks if task.due_at and task.due_at <= now]
        return [key for _, key in sorted(ripe)][:limit]

    def page(self, client: str, limit: int, cursor: Cursor | None) -> Page:
        self._touch("page")
        tasks = [msgspec.json.decode(document, type=Task) for document in self.tasks.values()]
        own = sorted(
            (Cursor(json.loads(msgspec.json.encode(t).decode())["created_at"], t.task_id), t)
            for t in tasks
            if t.client == client
        )
        newest = [(c, t) for c, t in reversed(own) if cursor is None or c < cursor]
        shown = [msgspec.convert(t, TaskSummary, from_attributes=True) for _, t in newest[:limit]]
        return Page(shown, newest[limit - 1][0] if len(newest) >= limit else None)

    def oldest_unread(self) -> datetime | None:
        self._touch("oldest_unread")
        tasks = [msgspec.json.decode(document, type=Task) for document in self.tasks.values()]
        return min((t.created_at for t in tasks if t.waits_for is Step.READ), default=None)

    def unread_before(self, task: Task, limit: int) -> int:
        self._touch("unread_before")
        tasks = [msgspec.json.decode(document, type=Task) for document in self.tasks.values()]
        before = [
            t
            for t in tasks
            if t.waits_for is Step.READ
            and t.priority is task.priority
            and t.created_at < task.created_at
        ]
        return min(len(before), limit)

    def pace(self, task_type: str) -> timedelta | None:
        self._touch("pace")
        return self.paces.get(task_type)

    def set_pace(self, task_type: str, pace: timedelta) -> None:
        self._touch("set_pace")
        self.paces[task_type] = pace

    def beat(self, now: datetime) -> None:
        self._touch("beat")
        self.beaten = now

    def last_beat(self) -> datetime | None:
        self._touch("last_beat")
        return self.beaten

    def _stored(self, key: TaskKey) -> Task | None:
        document = self.tasks.get(key)
        return None if document is None else msgspec.json.decode(document, type=Task)


class MemoryCounters(Faulty):
    def __init__(self) -> None:
        super().__init__()
        self.counts: dict[str, int] = {}

    def add(self, name: str, by: int, until: datetime) -> int:
        self._touch("add")
        self.counts[name] = self.counts.get(name, 0) + by
        return self.counts[name]


class MemoryClientStore(Faulty, Generic[Record]):
    def __init__(self, *records: Record) -> None:
        super().__init__()
        self.records: dict[str, Record] = {record.client: record for record in records}

    def add(self, record: Record) -> None:
        self._touch("add")
        if record.client in self.records:
            raise NameTaken(record.client)
        self.records[record.client] = record

    def get(self, client: str) -> Record | None:
        self._touch("get")
        return self.records.get(client)

    def save(self, record: Record) -> Record:
        self._touch("save")
        stored = self.records.get(record.client)
        if stored is None or stored.version != record.version:
            raise VersionConflict(record.client)
        following = replace(record, version=record.version + 1)
        self.records[record.client] = following
        return following

    def all(self) -> list[Record]:
        self._touch("all")
        return [self.records[name] for name in sorted(self.records)]


class MemoryFilmStore(Faulty):
    def __init__(self) -> None:
        super().__init__()
        self.objects: dict[str, bytes] = {}

    def put_film(self, key: str, film: bytes, media_type: str) -> None:
        self._touch("put_film")
        self.objects[key] = film

    def upload_form(self, key: str, media_type: str, size: int, lifetime: timedelta) -> UploadForm:
        self._touch("upload_form")
        return UploadForm("https://films.example/", {"key": key, "Content-Type": media_type})

    def get_head(self, key: str, size: int) -> bytes | None:
        self._touch("get_head")
        stored = self.objects.get(key)
        return None if stored is None else stored[:size]

    def copy_film(self, source: str, key: str) -> None:
        self._touch("copy_film")
        self.objects[key] = self.objects[source]

    def get_film(self, key: str) -> bytes | None:
        self._touch("get_film")
        return self.objects.get(key)

    def delete_film(self, key: str) -> None:
        self._touch("delete_film")
        self.objects.pop(key, None)

    def put_outcome(self, key: str, body: bytes, media_type: str = "application/json") -> None:
        self._touch("put_outcome")
        self.objects[key] = body

    def get_outcome(self, key: str) -> bytes | None:
        self._touch("get_outcome")
        return self.objects.get(key)

    def link(self, key: str, lifetime: timedelta) -> str:
        return f"https://films.example/{key}?Expires={int(lifetime.total_seconds())}"

    def check(self) -> None:
        self._touch("check")


class MemoryQueue(Faulty):
    def __init__(self) -> None:
        super().__init__()
        self.sent: list[tuple[Struct, timedelta]] = []

    def send(self, message: Struct, delay: timedelta = timedelta()) -> None:
        self._touch("send")
        self.sent.append((message, delay))

    def depth(self) -> Depth:
        self._touch("depth")
        return Depth(waiting=sum(not delay for _, delay in self.sent), in_flight=0)

    @property
    def messages(self) -> list[Struct]:
        return [message for message, _ in self.sent]


@dataclass
class FakeCourier:
    """Answers what it was told to, in turn; the last answer for ever."""

    answers: list[Answer] = field(default_factory=lambda: [Answer(status=200, latency_ms=7)])
    posts: list[tuple[str, bytes, Mapping[str, str]]] = field(default_factory=list)

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Answer:
        self.posts.append((url, body, headers))
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class FakeFetcher:
    """Has what is put under an address; fails as it was told to, in turn, before that."""

    def __init__(self) -> None:
        self.files: dict[str, bytes] = {}
        self.failures: list[FetchFailed] = []
        self.asked: list[tuple[str, timedelta]] = []

    def fetch(self, url: str, most_bytes: int, timeout: timedelta) -> bytes:
        self.asked.append((url, timeout))
        if self.failures:
            raise self.failures.pop(0)
        if url not in self.files:
            raise FetchFailed("answered 404", passing=False)
        if len(self.files[url]) > most_bytes:
            raise FetchFailed(f"larger than {most_bytes} bytes", passing=False)
        return self.files[url]


class FakeReader:
    """Gives a fixed reading, or raises what it was given; some films fail as ``failures`` says."""

    def __init__(self) -> None:
        self.reading = Reading(data={"landmarks": []}, models={"fake": "1"})
        self.error: BaseException | None = None
        self.failures: dict[bytes, FilmFailed] = {}
        self.together: set[str] = set()
        self.batches: list[list[bytes]] = []

    @property
    def films(self) -> list[bytes]:
        return [film for batch in self.batches for film in batch]

    def reads_together(self, task_type: str) -> bool:
        return task_type in self.together

    def read(self, task_type: str, films: Sequence[FilmToRead]) -> list[Reading | FilmFailed]:
        self.batches.append([film.content for film in films])
        if isinstance(self.error, FilmFailed):
            return [self.error] * len(films)
        if self.error:
            raise self.error
        return [self.failures.get(film.content, self.reading) for film in films]
