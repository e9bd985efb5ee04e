"""What a client is told while its film waits, and of what each stage took."""

import json
from datetime import timedelta

import pytest
from msgspec.structs import asdict

from service.outcomes import report_key
from service.status import Status
from service.task import Attempt, Lease, StageTimes, Task
from tests.builders import PLACES, a_task
from tests.fakes import START, FakeClock, MemoryFilmStore, MemoryTaskStore

LEASE = Lease(holder="reader", until=START + timedelta(minutes=2))


@pytest.fixture
def status() -> Status:
    return Status(MemoryTaskStore(), MemoryFilmStore(), FakeClock(), PLACES)


def posted(status: Status, count: int, **changes: object) -> Task:
    """So many films, a second apart; the last one is returned."""
    for number in range(count):
        status.tasks.add(task := a_task(created_at=START + timedelta(seconds=number), **changes))
    return task


@pytest.mark.parametrize(("count", "seconds"), [(1, 3), (2, 3), (3, 5), (4, 5), (5, 8), (21, 28)])
def test_a_film_that_waits_is_told_its_place_and_time(status, count, seconds) -> None:
    status.tasks.set_pace("ceph", timedelta(seconds=2.5))
    told = status(posted(status, count).key)
    assert (told.queue_position, told.estimated_seconds) == (count, seconds)


def test_high_priority_waits_for_its_own_kind_only(status: Status) -> None:
    status.tasks.set_pace("ceph", timedelta(seconds=2))
    posted(status, 9)
    told = status(posted(status, 2, priority="high").key)
    assert (told.queue_position, told.estimated_seconds) == (2, 4)  # one is read at once


def test_before_the_first_film_of_a_type_nobody_knows_how_long_one_takes(status: Status) -> None:
    status.tasks.set_pace("pano", timedelta(seconds=2))
    told = status(posted(status, 3).key)
    assert (told.queue_position, told.estimated_seconds) == (3, None)


@pytest.mark.parametrize("method", ["unread_before", "pace"])
def test_without_an_estimate_the_rest_is_told(status: Status, method: str) -> None:
    task = posted(status, 3)
    status.tasks.broken = {method}
    told = status(task.key)
    assert (told.status, told.queue_position, told.estimated_seconds) == ("pending", None, None)


def test_what_does_not_wait_has_no_place(status: Status) -> None:
    status.tasks.set_pace("ceph", timedelta(seconds=2))
    for task in (a_task().claimed(LEASE, START), a_task().cancelled(START)):
        status.tasks.add(task)
        told = status(task.key)
        assert (told.queue_position, told.estimated_seconds) == (None, None)


def test_stages_are_told_as_they_end(status: Status) -> None:
    def timings(task: Task) -> list[int | None]:
        status.tasks.tasks.clear()
        status.tasks.add(task)
        return list(asdict(status(task.key).timings).values())

    after = [START + timedelta(seconds=n) for n in range(20)]
    waiting = a_task()
    reading = waiting.claimed(LEASE, after[2])
    read = reading.finished(1, "outcomes/1", None, after[3], StageTimes(downloaded_ms=5, read_ms=9))
    assert timings(waiting) == [None, None, None, None]
    assert timings(reading) == [2000, None, None, None]
    assert timings(read) == [2000, 5, 9, None]

    lease = Lease(holder="messenger", until=after[19])
    failed = Attempt(at=after[4], status=500, latency_ms=70, error="answered 500")
    tried = read.delivery_claimed(lease, after[4]).attempted(
        "messenger", failed, timedelta(seconds=1)
    )
    assert timings(tried) == [2000, 5, 9, None]
    delivered = tried.delivery_claimed(lease, after[6]).attempted(
        "messenger", Attempt(at=after[6], status=200, latency_ms=70), None
    )
    assert timings(delivered) == [2000, 5, 9, 3070]


def read(status: Status, body: dict[str, object]) -> Task:
    task = a_task().claimed(LEASE, START).finished(1, "outcomes/1.json", None, START)
    status.films.put_outcome("outcomes/1.json", json.dumps(body).encode())
    status.tasks.add(task)
    return task


def test_before_there_is_a_result_nothing_links_to_it(status: Status) -> None:
    told = status(posted(status, 1).key)
    assert (told.links.result, told.links.overlay) == (None, None)


def test_result_and_overlay_have_links_that_expire(status: Status) -> None:
    notes = [{"name": name, "mediaType": "image/jpeg"} for name in ("mask", "overlay")]
    links = status(read(status, {"data": {}, "artefacts": notes}).key).links
    assert links.result == "https://films.example/outcomes/1.json?Expires=900"
    assert links.overlay == "https://films.example/outcomes/1/overlay?Expires=900"


def test_a_type_that_draws_nothing_has_no_overlay(status: Status) -> None:
    links = status(read(status, {"data": {}, "artefacts": []}).key).links
    assert links.result is not None
    assert links.overlay is None


def test_a_result_too_large_for_its_callback_is_what_the_link_leads_to(status: Status) -> None:
    task = read(status, {"data": None, "resultUrl": "https://api.example/result"})
    report = report_key("outcomes/1.json")
    status.films.put_outcome(report, b'{"data": {"large": true}}')
    told = status(task.key)
    assert told.data == {"large": True}
    assert told.links.result == f"https://films.example/{report}?Expires=900"


def test_after_its_retention_nothing_links_to_a_result(status: Status) -> None:
    task = read(status, {"data": {}})
    status.films.objects.clear()
    assert status(task.key).links.result is None
