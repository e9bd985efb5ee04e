"""Films that the service fetches: when they are tried again, and when that is the end of it."""

import json
from datetime import timedelta

import msgspec
import pytest

from service.errors import FetchFailed, FilmFailed, Unavailable
from service.film_source import MAX_FETCHED_BYTES
from service.infer import Infer
from service.messages import InferenceJob
from service.ports import Reading
from service.task import Task, TaskStatus
from tests.builders import JPEG, a_task, an_infer, read_one
from tests.fakes import (
    START,
    FakeFetcher,
    FakeReader,
)

URL = "https://films.example/1?key=s3cret"
TIME_LEFT = timedelta(seconds=120)


@pytest.fixture
def infer() -> Infer:
    return an_infer()


@pytest.fixture
def fetcher(infer: Infer) -> FakeFetcher:
    fetcher = infer.source.fetcher
    assert isinstance(fetcher, FakeFetcher)
    fetcher.files[URL] = JPEG
    return fetcher


@pytest.fixture
def task(infer: Infer) -> Task:
    task = a_task(image_url=URL)
    infer.tasks.add(task)
    return task


def read(infer: Infer, task: Task) -> Task:
    read_one(infer, task.key)
    found = infer.tasks.get(task.key)
    assert found is not None
    return found


def failed_for(infer: Infer, task: Task) -> tuple[int, str]:
    assert task.status is TaskStatus.FAILED
    assert task.error is not None
    assert task.outcome_key is not None
    body = infer.films.get_outcome(task.outcome_key)
    assert body is not None
    assert b"s3cret" not in body
    assert json.loads(body)["error"] == msgspec.to_builtins(task.error)
    return task.error.code, task.error.message


def test_a_film_is_fetched_read_and_forgotten(infer: Infer, fetcher, task: Task) -> None:
    done = read(infer, task)
    assert done.status is TaskStatus.COMPLETED
    assert infer.reader.films == [JPEG]
    assert done.image_url is None
    assert infer.films.get_film(task.film_key) is None
    assert fetcher.asked == [(URL, timedelta(seconds=30))]


def test_fetching_leaves_half_of_the_time_to_the_reading(infer: Infer, fetcher, task) -> None:
    read_one(infer, task.key, timedelta(seconds=20))
    assert fetcher.asked == [(URL, timedelta(seconds=10))]


def test_a_reader_that_takes_over_reads_what_was_fetched(infer: Infer, fetcher, task) -> None:
    infer.reader.error = KeyboardInterrupt()
    with pytest.raises(KeyboardInterrupt):
        read(infer, task)
    infer.reader.error = None
    fetcher.files.clear()  # the link has expired meanwhile
    infer.clock.advance(seconds=126)
    assert read(infer, task).status is TaskStatus.COMPLETED
    assert len(fetcher.asked) == 1


def test_what_may_pass_is_tried_again_after_its_pause(infer: Infer, fetcher, task: Task) -> None:
    fetcher.failures = [
        FetchFailed("timed out", passing=True),
        FetchFailed("answered 503", passing=True),
    ]
    for number, pause in enumerate((5, 60), 1):
        waiting = read(infer, task)
        assert (waiting.status, waiting.fetches) == (TaskStatus.PROCESSING, number)
        assert waiting.lease is None
        assert infer.queues["normal"].sent.pop() == (
            InferenceJob.about(task.key),
            timedelta(seconds=pause),
        )
        # Should the message be lost, the sweeper sends another, a little later.
        assert waiting.due_at == START + timedelta(seconds=pause, minutes=1)
    assert not infer.results.sent
    done = read(infer, task)
    assert (done.status, done.abandoned, done.setbacks) == (TaskStatus.COMPLETED, 0, 0)


def test_a_film_of_high_priority_keeps_it(infer: Infer, fetcher, task: Task) -> None:
    infer.tasks.add(high := a_task(image_url=URL, priority="high"))
    fetcher.failures = [FetchFailed("timed out", passing=True)]
    read(infer, high)
    assert infer.queues["high"].messages == [InferenceJob.about(high.key)]
    assert not infer.queues["normal"].sent


def test_tries_have_an_end(infer: Infer, fetcher, task: Task, caplog) -> None:
    fetcher.failures = [FetchFailed("answered 503", passing=True) for _ in range(9)]
    for _ in range(3):
        task = read(infer, task)
    assert failed_for(infer, task) == (12006, "imageUrl could not be fetched: answered 503")
    assert len(fetcher.asked) == 3
    assert "s3cret" not in caplog.text


def test_a_definite_no_ends_it_at_once(infer: Infer, fetcher, task: Task, caplog) -> None:
    fetcher.files.clear()
    done = read(infer, task)
    assert failed_for(infer, done) == (12006, "imageUrl could not be fetched: answered 404")
    assert not infer.queues["normal"].sent
    assert len(infer.results.sent) == 1
    assert "s3cret" not in caplog.text


def test_a_film_larger_than_any_upload_is_not_fetched(infer: Infer, fetcher, task: Task) -> None:
    fetcher.files[URL] = bytes(MAX_FETCHED_BYTES + 1)
    code, message = failed_for(infer, read(infer, task))
    assert (code, message[-27:]) == (12006, "larger than 100000000 bytes")


@pytest.mark.parametrize("content", [b"", b"<html>sign in</html>", b"%PDF-1.7"])
def test_what_is_fetched_is_judged_by_its_content(infer: Infer, fetcher, task, content) -> None:
    fetcher.files[URL] = content
    code, message = failed_for(infer, read(infer, task))
    assert (code, message) == (12002, "image: the content is none of JPEG, PNG")
    assert not any(key.startswith("films/") for key in infer.films.objects)


def test_an_outage_of_the_store_is_not_the_clients(infer: Infer, fetcher, task: Task) -> None:
    infer.films.broken = {"put_film"}
    with pytest.raises(Unavailable):
        read(infer, task)
    infer.films.broken = set()
    done = read(infer, task)
    assert (done.status, done.fetches, done.setbacks) == (TaskStatus.COMPLETED, 0, 1)


def test_a_next_try_that_could_not_be_sent_is_left_to_the_sweeper(infer, fetcher, task) -> None:
    fetcher.failures = [FetchFailed("timed out", passing=True)]
    infer.queues["normal"].broken = {"send"}
    assert read(infer, task).due_at is not None
    assert infer.tasks.due(START + timedelta(seconds=65), 10) == [task.key]


def test_a_film_fetched_for_a_task_that_was_cancelled_meanwhile_is_removed(
    infer: Infer, fetcher, task: Task
) -> None:
    class Slow(FakeReader):
        def read(self, *args: object) -> list[Reading | FilmFailed]:
            stored = infer.tasks.get(task.key)
            assert stored is not None
            infer.tasks.update(stored, lambda t: t.cancelled(infer.clock.now()))
            return [Reading(data={}, models={})]

    read_one(Infer(**vars(infer) | {"reader": Slow()}), task.key)
    assert not any(key.startswith("films/") for key in infer.films.objects)
    assert not infer.results.sent
