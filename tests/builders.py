"""Things that tests need, with everything that does not matter already filled in."""

import uuid
from datetime import timedelta
from typing import Any

from msgspec import Struct

from service.addresses import AddressPolicy
from service.admission import Admission, Backlog
from service.film_source import FilmSource
from service.infer import Infer
from service.messages import InferenceJob
from service.pace import Pace
from service.ports import FilmStore, TaskQueues, TaskTypes
from service.submit import Submit
from service.task import Delivery, Priority, Task, TaskKey
from tests.fakes import (
    START,
    FakeClock,
    FakeFetcher,
    FakeReader,
    MemoryCounters,
    MemoryFilmStore,
    MemoryQueue,
    MemoryTaskStore,
)

JPEG = b"\xff\xd8\xff\xe0" + b"\0" * 200  # enough for the door, which looks at the first bytes
CALLBACK_URL = "https://clinic.example/callback"

PLACES = {Priority.NORMAL: 2, Priority.HIGH: 1}  # readers at once


def new_id() -> str:
    return str(uuid.uuid4())


def a_task(**changes: Any) -> Task:
    task_id = changes.pop("task_id", new_id())
    values: dict[str, Any] = {
        "client": "local",
        "task_id": task_id,
        "task_type": "ceph",
        "film_key": f"films/local/{task_id}/{new_id()}",
        "created_at": START,
        "expires_at": START + timedelta(days=30),
        "delivery": Delivery(url=CALLBACK_URL),
        "due_at": START + timedelta(seconds=60),
    }
    return Task(**values | changes)


class NoOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    strength: float | None = None


class AnyType:
    """A task type as the service sees it."""

    media = frozenset({"image/jpeg", "image/png"})

    @staticmethod
    def options_model() -> type[Struct]:
        return NoOptions


def form_body(
    fields: dict[str, str], file: bytes | None, boundary: str = "b0undary", name: str = "film.jpg"
) -> tuple[str, bytes]:
    """A multipart body as clients send it: content type and bytes."""
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in fields.items()
    ]
    if file is not None:
        head = (
            f'--{boundary}\r\nContent-Disposition: form-data; name="image"; filename="{name}"\r\n'
            "Content-Type: application/octet-stream\r\n\r\n"
        )
        parts.append(head.encode() + file + b"\r\n")
    return f"multipart/form-data; boundary={boundary}", b"".join(
        [*parts, f"--{boundary}--\r\n".encode()]
    )


def memory_queues() -> TaskQueues:
    """A queue for each priority."""
    return {priority: MemoryQueue() for priority in Priority}


def an_admission(tasks_per_minute: int = 1000, most_waiting: int = 1000) -> Admission:
    """The use case over fakes."""
    clock = FakeClock()
    backlog = Backlog((MemoryQueue(),), clock, most_waiting)
    return Admission(MemoryCounters(), backlog, clock, tasks_per_minute)


def a_submit() -> Submit:
    """The use case over fakes, with one task type called ``any``."""
    return Submit(
        tasks=MemoryTaskStore(),
        films=MemoryFilmStore(),
        queues=memory_queues(),
        clock=FakeClock(),
        task_types={"any": AnyType()},
        addresses=AddressPolicy(),
        task_ttl=timedelta(days=30),
        unsent_grace=timedelta(seconds=60),
        queue_patience=timedelta(hours=1),
    )


def a_source(films: FilmStore, task_types: TaskTypes | None = None) -> FilmSource:
    """Films of the store, and of a fetcher that has none yet."""
    gaps = (timedelta(), timedelta(seconds=5), timedelta(seconds=60))
    return FilmSource(films, FakeFetcher(), task_types or {"ceph": AnyType()}, gaps)


def an_infer(**parts: Any) -> Infer:
    """The use case over fakes, with a reader that finds nothing wrong."""
    films = parts.get("films") or MemoryFilmStore()
    tasks = parts.get("tasks") or MemoryTaskStore()
    defaults: dict[str, Any] = {
        "tasks": tasks,
        "films": films,
        "source": a_source(films),
        "queues": memory_queues(),
        "results": MemoryQueue(),
        "clock": (clock := parts.get("clock") or FakeClock()),
        "pace": Pace(tasks, clock),
        "reader": FakeReader(),
        "max_reads": 3,
        "queue_patience": timedelta(hours=1),
        "callback_max_bytes": 100_000,
        "api_url": "https://api.example/dev",
    }
    return Infer(**defaults | parts)


def read_one(infer: Infer, key: TaskKey, time_left: timedelta = timedelta(minutes=2)) -> None:
    """Read one film; raises why its message must come again, if it must."""
    [why] = infer([InferenceJob.about(key)], lambda: time_left)
    if why:
        raise why
