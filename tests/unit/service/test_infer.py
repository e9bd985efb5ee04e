"""Reading under a lease: one outcome per film, whoever dies on the way."""

import json
from datetime import timedelta

import pytest
from msgspec.structs import replace

from service.errors import FailureCode, FilmFailed, Unavailable
from service.infer import Infer
from service.messages import InferenceResult
from service.outcomes import report_key
from service.ports import Reading
from service.task import Lease, LeaseHeld, StageTimes, Task, TaskKey, TaskStatus
from tests.builders import JPEG, a_source, a_task, an_infer, read_one
from tests.fakes import (
    START,
    FakeReader,
    MemoryFilmStore,
    MemoryQueue,
)

TIME_LEFT = timedelta(seconds=120)


@pytest.fixture
def infer() -> Infer:
    return an_infer()


@pytest.fixture
def task(infer: Infer) -> Task:
    task = a_task()
    infer.films.put_film(task.film_key, JPEG, "image/jpeg")
    infer.tasks.add(task)
    return task


def read(infer: Infer, task: Task) -> Task:
    read_one(infer, task.key, TIME_LEFT)
    return stored(infer, task)


def stored(infer: Infer, task: Task) -> Task:
    found = infer.tasks.get(task.key)
    assert found is not None
    return found


def outcome(infer: Infer, task: Task) -> dict[str, object]:
    assert task.outcome_key is not None
    body = infer.films.get_outcome(task.outcome_key)
    assert body is not None
    document: dict[str, object] = json.loads(body)
    return document


def test_a_film_is_read_and_its_callback_announced(infer: Infer, task: Task) -> None:
    done = read(infer, task)
    assert done.status is TaskStatus.COMPLETED
    assert outcome(infer, done) == {
        "taskId": task.task_id,
        "data": {"landmarks": []},
        "error": None,
        "models": {"fake": "1"},
        "provider": None,
        "artefacts": [],
        "resultUrl": None,
    }
    assert infer.results.messages == [InferenceResult.about(task.key)]
    assert infer.films.get_film(task.film_key) is None  # removed once read


def test_a_report_too_large_for_a_callback_is_a_link_in_it(infer: Infer, task: Task) -> None:
    infer.reader.reading = Reading(data={"mask": "x" * 100_000}, models={"fake": "1"})
    done = read(infer, task)
    callback = outcome(infer, done)
    assert callback["data"] is None
    assert callback["error"] is None
    assert callback["models"] == {"fake": "1"}
    assert callback["resultUrl"] == f"https://api.example/dev/api/v1/task/{task.task_id}/result"
    assert done.outcome_key is not None
    whole = infer.films.get_outcome(report_key(done.outcome_key))
    assert whole is not None
    assert json.loads(whole) == callback | {"data": infer.reader.reading.data, "resultUrl": None}


def test_a_film_that_cannot_be_read_ends_in_a_recorded_failure(infer: Infer, task: Task) -> None:
    infer.reader.error = FilmFailed(FailureCode.IMAGE_UNREADABLE, "truncated")
    done = read(infer, task)
    assert done.status is TaskStatus.FAILED
    assert outcome(infer, done)["error"] == {"code": 12002, "message": "truncated"}
    assert outcome(infer, done)["data"] is None
    assert len(infer.results.sent) == 1


def test_a_report_that_json_cannot_say_is_a_failure_and_no_retry(infer: Infer, task: Task) -> None:
    infer.reader.reading = Reading(data={"SNA": float("nan")}, models={})
    done = read(infer, task)
    assert done.error is not None
    assert done.error.code == FailureCode.INFERENCE_FAILED


def test_a_film_that_is_gone_is_a_failure(infer: Infer, task: Task) -> None:
    infer.films.delete_film(task.film_key)
    done = read(infer, task)
    assert done.error is not None
    assert done.error.code == FailureCode.IMAGE_UNREADABLE


def test_a_repeated_message_reads_nothing(infer: Infer, task: Task) -> None:
    first = read(infer, task)
    assert read(infer, task) == first
    assert len(infer.reader.films) == 1
    assert len(infer.results.sent) == 1


def test_a_live_foreign_lease_sends_the_message_back(infer: Infer, task: Task) -> None:
    infer.tasks.update(
        task, lambda t: t.claimed(Lease(holder="other", until=START + TIME_LEFT), START)
    )
    with pytest.raises(LeaseHeld):
        read(infer, task)
    assert not infer.reader.films


def test_the_film_of_a_killed_reader_is_read_by_the_next(infer: Infer, task: Task) -> None:
    infer.reader.error = KeyboardInterrupt()  # as near to a kill as one process can come
    with pytest.raises(KeyboardInterrupt):
        read(infer, task)
    infer.reader.error = None
    infer.clock.advance(seconds=126)  # the lease is over
    done = read(infer, task)
    assert (done.status, done.fence, done.abandoned) == (TaskStatus.COMPLETED, 2, 1)


def test_a_film_that_kills_every_reader_fails_with_12005(infer: Infer, task: Task) -> None:
    infer.reader.error = KeyboardInterrupt()
    for _ in range(3):
        with pytest.raises(KeyboardInterrupt):
            read(infer, task)
        infer.clock.advance(seconds=126)
    done = read(infer, task)
    assert done.error is not None
    assert done.error.code == FailureCode.TIMED_OUT
    assert len(infer.reader.films) == 3


def test_a_reader_that_lost_its_lease_changes_nothing(infer: Infer, task: Task) -> None:
    class Overtaken(FakeReader):
        def read(self, *args: object) -> list[Reading | FilmFailed]:
            infer.clock.advance(seconds=126)
            other = Infer(**vars(infer) | {"reader": FakeReader()})
            read_one(other, task.key, TIME_LEFT)
            return [Reading(data={"stale": True}, models={})]

    slow = Infer(**vars(infer) | {"reader": Overtaken()})
    read_one(slow, task.key, TIME_LEFT)
    assert outcome(infer, stored(infer, task))["data"] == {"landmarks": []}
    assert len(infer.results.sent) == 1


@pytest.mark.parametrize("method", ["get_film", "put_outcome"])
def test_an_outage_gives_the_task_back_and_counts_for_nothing(
    infer: Infer, task: Task, method: str
) -> None:
    pauses = []
    infer.films.broken = {method}
    for _ in range(8):  # more often than max_reads
        with pytest.raises(Unavailable):
            read(infer, task)
        due = stored(infer, task).due_at
        assert due is not None
        pauses.append((due - START) // timedelta(minutes=1))
    # The sweeper is asked for help, and ever less often: an outage must not multiply messages.
    assert pauses == [1, 2, 4, 8, 16, 32, 60, 60]
    infer.films.broken = set()
    assert read(infer, task).status is TaskStatus.COMPLETED


def test_a_result_that_could_not_be_sent_is_due(infer: Infer, task: Task) -> None:
    infer.results.broken = {"send"}
    assert read(infer, task).status is TaskStatus.COMPLETED
    assert infer.tasks.due(START, 10) == [task.key]


def test_a_film_that_could_not_be_removed_is_removed_by_a_later_message(
    infer: Infer, task: Task
) -> None:
    infer.films.broken = {"delete_film"}
    assert read(infer, task).status is TaskStatus.COMPLETED
    infer.films.broken = set()
    read(infer, task)
    assert infer.films.get_film(task.film_key) is None


def test_a_write_whose_answer_is_lost_is_done_once(infer: Infer, task: Task) -> None:
    infer.tasks.silent = {"save"}
    with pytest.raises(Unavailable):
        read(infer, task)
    infer.tasks.silent = set()
    infer.clock.advance(seconds=126)
    done = read(infer, task)
    assert done.status is TaskStatus.COMPLETED
    assert len({key for key in infer.films.objects if key.startswith("outcomes/")}) == 1


def test_a_late_note_does_not_push_a_nearer_time_away(infer: Infer, task: Task) -> None:
    class Busy(MemoryQueue):
        """The callback is tried, and fails, before the reader has noted that it was sent."""

        def send(self, message, delay=timedelta()) -> None:
            super().send(message, delay)
            soon = START + timedelta(seconds=5)
            infer.tasks.save(replace(stored(infer, task), due_at=soon))

    read_one(Infer(**vars(infer) | {"results": Busy()}), task.key, TIME_LEFT)
    assert stored(infer, task).due_at == START + timedelta(seconds=5)


def test_stages_are_timed(infer: Infer, task: Task) -> None:
    class Slow(FakeReader):
        def read(self, *args: object) -> list[Reading | FilmFailed]:
            infer.clock.advance(seconds=1.25)
            return super().read(*args)

    class Far(MemoryFilmStore):
        def get_film(self, key: str) -> bytes:
            infer.clock.advance(seconds=0.5)
            return JPEG

    slow = an_infer(**vars(infer) | {"reader": Slow(), "source": a_source(Far())})
    infer.clock.advance(seconds=3)
    read_one(slow, task.key, TIME_LEFT)
    assert stored(infer, task).times == StageTimes(downloaded_ms=500, read_ms=1250)
    assert infer.tasks.pace("ceph") == timedelta(seconds=1.75)


def test_a_stage_that_fails_is_timed_too_and_is_no_measure_for_others(
    infer: Infer, task: Task
) -> None:
    infer.films.delete_film(task.film_key)
    assert read(infer, task).times == StageTimes(downloaded_ms=0, read_ms=None)
    assert infer.tasks.pace("ceph") is None


def test_every_reading_shows_that_the_function_lives(infer: Infer, task: Task) -> None:
    read(infer, task)
    assert infer.tasks.last_beat() == START


def test_a_message_about_nothing_is_dropped(infer: Infer) -> None:
    read_one(infer, TaskKey("local", "gone"))
    assert not infer.results.sent
