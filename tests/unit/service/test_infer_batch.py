"""Films of one invocation: read as one batch, each with a lease and an outcome of its own."""

from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest

from service.errors import FailureCode, FetchFailed, FilmFailed, Unavailable
from service.infer import Infer, OutOfTime
from service.messages import InferenceJob, InferenceResult
from service.ports import FilmToRead, Reading
from service.task import Lease, LeaseHeld, StageTimes, Task, TaskKey, TaskStatus
from tests.builders import AnyType, a_source, a_task, an_infer
from tests.fakes import START, FakeReader, MemoryFilmStore, MemoryTaskStore

TIME_LEFT = timedelta(seconds=120)
LAPSED = timedelta(seconds=126)  # after which a lease of such a process is over


@pytest.fixture
def infer() -> Infer:
    films = MemoryFilmStore()
    source = a_source(films, {"ceph": AnyType(), "pano": AnyType()})
    infer = an_infer(films=films, source=source)
    infer.reader.together = {"ceph"}
    return infer


def posted(infer: Infer, film: bytes, **fields: object) -> Task:
    """A task whose film is there; b"0" is the film of the first."""
    task = a_task(**fields)
    if "image_url" not in fields:
        infer.films.put_film(task.film_key, film, "image/jpeg")
    infer.tasks.add(task)
    return task


def some(infer: Infer, count: int) -> list[Task]:
    return [posted(infer, str(number).encode()) for number in range(count)]


def jobs(tasks: Sequence[Task]) -> list[InferenceJob]:
    return [InferenceJob.about(task.key) for task in tasks]


def read(infer: Infer, tasks: Sequence[Task]) -> list[Exception | None]:
    return infer(jobs(tasks), lambda: TIME_LEFT)


def stored(infer: Infer, task: Task) -> Task:
    found = infer.tasks.get(task.key)
    assert found is not None
    return found


def statuses(infer: Infer, tasks: Sequence[Task]) -> list[TaskStatus]:
    return [stored(infer, task).status for task in tasks]


DONE, FAILED = TaskStatus.COMPLETED, TaskStatus.FAILED


def test_films_of_a_type_are_read_as_one_batch(infer: Infer) -> None:
    tasks = some(infer, 3)
    assert read(infer, tasks) == [None] * 3
    assert infer.reader.batches == [[b"0", b"1", b"2"]]
    assert statuses(infer, tasks) == [DONE] * 3
    assert infer.results.messages == [InferenceResult.about(task.key) for task in tasks]
    assert not any(key.startswith("films/") for key in infer.films.objects)


def test_each_type_has_a_batch_and_one_that_is_not_read_together_none(infer: Infer) -> None:
    tasks = [
        posted(infer, str(number).encode(), task_type=task_type)
        for number, task_type in enumerate(("pano", "ceph", "pano", "ceph"))
    ]
    assert read(infer, tasks) == [None] * 4
    assert infer.reader.batches == [[b"0"], [b"2"], [b"1", b"3"]]
    infer.reader.batches.clear()
    infer.reader.together = {"ceph", "pano"}
    read(infer, [posted(infer, b"4", task_type="pano"), posted(infer, b"5", task_type="pano")])
    assert infer.reader.batches == [[b"4", b"5"]]


@pytest.mark.parametrize(
    "failure",
    [
        FilmFailed(FailureCode.IMAGE_UNREADABLE, "truncated"),
        FilmFailed(FailureCode.WRONG_FILM, "a panoramic"),
        FilmFailed(FailureCode.INFERENCE_FAILED, "an option that leads nowhere"),
    ],
)
def test_a_bad_film_fails_alone(infer: Infer, failure: FilmFailed) -> None:
    tasks = some(infer, 3)
    infer.reader.failures[b"1"] = failure
    assert read(infer, tasks) == [None] * 3
    assert statuses(infer, tasks) == [DONE, FAILED, DONE]
    error = stored(infer, tasks[1]).error
    assert error is not None
    assert (error.code, error.message) == (failure.code, failure.message)
    assert len(infer.results.sent) == 3


def test_a_report_that_json_cannot_say_fails_alone(infer: Infer) -> None:
    class Odd(FakeReader):
        def read(self, task_type: str, films: Sequence[FilmToRead]) -> list[Reading | FilmFailed]:
            found = super().read(task_type, films)
            return [Reading(data={"SNA": float("nan")}, models={}), *found[1:]]

    odd = Infer(**vars(infer) | {"reader": Odd()})
    odd.reader.together = {"ceph"}
    tasks = some(infer, 2)
    assert read(odd, tasks) == [None, None]
    assert statuses(infer, tasks) == [FAILED, DONE]


def test_a_film_that_is_gone_is_in_no_batch(infer: Infer) -> None:
    tasks = some(infer, 3)
    infer.films.delete_film(tasks[0].film_key)
    assert read(infer, tasks) == [None] * 3
    assert infer.reader.batches == [[b"1", b"2"]]
    assert statuses(infer, tasks) == [FAILED, DONE, DONE]


def test_a_film_that_cannot_be_fetched_now_is_left_out_and_comes_later(infer: Infer) -> None:
    tasks = [posted(infer, b"", image_url="https://films.example/0"), *some(infer, 2)]
    infer.source.fetcher.failures = [FetchFailed("timed out", passing=True)]
    assert read(infer, tasks) == [None] * 3
    assert statuses(infer, tasks)[1:] == [DONE, DONE]
    assert stored(infer, tasks[0]).fetches == 1
    assert infer.queues["normal"].messages == jobs(tasks[:1])
    assert infer.reader.batches == [[b"0", b"1"]]


def test_half_of_the_time_is_shared_by_the_films_that_are_fetched(infer: Infer) -> None:
    urls = [f"https://films.example/{number}" for number in range(4)]
    infer.source.fetcher.files = dict.fromkeys(urls, b"\xff\xd8\xff")
    tasks = [posted(infer, b"", image_url=url) for url in urls]
    assert infer(jobs(tasks), lambda: timedelta(seconds=80)) == [None] * 4
    timeouts = [timeout for _, timeout in infer.source.fetcher.asked]
    # Time stands still here: of 40 s a quarter, a third and so on; never more than 30 s.
    assert timeouts == [
        min(timedelta(seconds=40) / left, timedelta(seconds=30)) for left in (4, 3, 2, 1)
    ]


def test_a_film_that_others_left_no_time_to_be_got_is_not_begun(infer: Infer) -> None:
    class Slow(MemoryFilmStore):
        def get_film(self, key: str) -> bytes | None:
            infer.clock.advance(seconds=45)
            return super().get_film(key)

    slow = Slow()
    slow.objects = infer.films.objects
    source = a_source(slow)
    ending = START + TIME_LEFT
    tasks = some(infer, 3)
    hurried = Infer(**vars(infer) | {"source": source})
    again = hurried(jobs(tasks), lambda: ending - infer.clock.now())
    assert again[:2] == [None, None]
    assert isinstance(again[2], OutOfTime)
    assert statuses(infer, tasks) == [DONE, DONE, TaskStatus.PENDING]
    assert stored(infer, tasks[2]).abandoned == 0


def test_a_task_that_was_cancelled_is_left_out_and_its_film_removed(infer: Infer) -> None:
    tasks = some(infer, 3)
    infer.tasks.update(tasks[1], lambda t: t.cancelled(START))
    assert read(infer, tasks) == [None] * 3
    assert infer.reader.batches == [[b"0", b"2"]]
    assert statuses(infer, tasks) == [DONE, TaskStatus.CANCELLED, DONE]
    assert infer.films.get_film(tasks[1].film_key) is None


class Meanwhile(FakeReader):
    """Something happens while it reads."""

    def __init__(self, happens: Callable[[], None]) -> None:
        super().__init__()
        self.together = {"ceph"}
        self.happens = happens

    def read(self, task_type: str, films: Sequence[FilmToRead]) -> list[Reading | FilmFailed]:
        found = super().read(task_type, films)
        self.happens()
        return found


def test_a_lease_that_is_lost_drops_its_film_alone(infer: Infer) -> None:
    tasks = some(infer, 3)

    def cancel() -> None:
        infer.tasks.update(stored(infer, tasks[1]), lambda t: t.cancelled(START))

    assert read(Infer(**vars(infer) | {"reader": Meanwhile(cancel)}), tasks) == [None] * 3
    assert statuses(infer, tasks) == [DONE, TaskStatus.CANCELLED, DONE]
    assert len(infer.results.sent) == 2
    assert infer.films.get_film(tasks[1].film_key) is None


def test_a_film_that_another_process_reads_comes_again_alone(infer: Infer) -> None:
    tasks = some(infer, 3)
    lease = Lease(holder="other", until=START + TIME_LEFT)
    infer.tasks.update(tasks[0], lambda t: t.claimed(lease, START))
    held, *others = read(infer, tasks)
    assert isinstance(held, LeaseHeld)
    assert others == [None, None]
    assert infer.reader.batches == [[b"1", b"2"]]


class Partial(MemoryFilmStore):
    """Does not answer for some films."""

    away: str = "nothing"

    def get_film(self, key: str) -> bytes | None:
        if self.away in key:
            raise Unavailable("films: get")
        return super().get_film(key)

    def put_outcome(self, key: str, body: bytes, media_type: str = "application/json") -> None:
        if self.away in key:
            raise Unavailable("films: put")
        super().put_outcome(key, body, media_type)


@pytest.mark.parametrize("where", ["films/local/", "outcomes/local/"])
def test_an_outage_gives_its_film_back_alone(where: str) -> None:
    films = Partial()
    infer = an_infer(films=films)
    infer.reader.together = {"ceph"}
    tasks = some(infer, 3)
    films.away = where + tasks[1].task_id
    first, second, third = read(infer, tasks)
    assert (first, third) == (None, None)
    assert isinstance(second, Unavailable)
    assert statuses(infer, tasks) == [DONE, TaskStatus.PROCESSING, DONE]
    given_back = stored(infer, tasks[1])
    assert (given_back.lease, given_back.setbacks, given_back.abandoned) == (None, 1, 0)
    films.away = "nothing"
    assert read(infer, tasks[1:2]) == [None]
    assert stored(infer, tasks[1]).status is DONE


def test_a_reader_without_its_models_gives_every_film_of_the_type_back(infer: Infer) -> None:
    tasks = some(infer, 2)
    infer.reader.error = Unavailable("models")
    assert [type(why) for why in read(infer, tasks)] == [Unavailable] * 2
    assert [stored(infer, task).setbacks for task in tasks] == [1, 1]


def test_a_record_that_cannot_be_claimed_costs_the_others_nothing(infer: Infer) -> None:
    class Partly(MemoryTaskStore):
        def save(self, task: Task) -> Task:
            if task.task_id == tasks[0].task_id:
                raise Unavailable("table")
            return super().save(task)

    tasks = some(infer, 2)
    store = Partly()
    store.tasks = infer.tasks.tasks
    first, second = read(Infer(**vars(infer) | {"tasks": store}), tasks)
    assert isinstance(first, Unavailable)
    assert second is None
    assert infer.reader.batches == [[b"1"]]


def test_a_table_that_is_down_sends_every_message_back(infer: Infer) -> None:
    infer.tasks.broken = {"beat"}
    with pytest.raises(Unavailable):
        read(infer, some(infer, 2))


def test_two_messages_about_one_film_read_it_once(infer: Infer) -> None:
    tasks = some(infer, 2)
    assert read(infer, [tasks[0], tasks[1], tasks[0]]) == [None] * 3
    assert infer.reader.batches == [[b"0", b"1"]]


def test_a_message_about_nothing_is_dropped_alone(infer: Infer) -> None:
    tasks = some(infer, 2)
    gone = InferenceJob.about(TaskKey("local", "gone"))
    assert infer([gone, *jobs(tasks)], lambda: TIME_LEFT) == [None] * 3
    assert statuses(infer, tasks) == [DONE] * 2


class Deadly(FakeReader):
    """Ends its process over some films, as near to a kill as one process can come."""

    def __init__(self, *deadly: bytes) -> None:
        super().__init__()
        self.deadly, self.together = set(deadly), {"ceph"}

    def read(self, task_type: str, films: Sequence[FilmToRead]) -> list[Reading | FilmFailed]:
        found = super().read(task_type, films)
        if self.deadly & {film.content for film in films}:
            raise KeyboardInterrupt
        return found


def test_the_films_beside_one_that_kills_its_readers_are_all_read(infer: Infer) -> None:
    tasks = some(infer, 4)
    infer = Infer(**vars(infer) | {"reader": Deadly(b"1")})
    kills = 0
    while not all(status.final for status in statuses(infer, tasks)):
        try:
            assert read(infer, tasks) == [None] * 4
        except KeyboardInterrupt:
            kills += 1
            infer.clock.advance(seconds=LAPSED.total_seconds())
    assert statuses(infer, tasks) == [DONE, FAILED, DONE, DONE]
    error = stored(infer, tasks[1]).error
    assert error is not None
    assert error.code == FailureCode.TIMED_OUT
    assert kills == infer.max_reads
    assert [stored(infer, task).abandoned for task in tasks] == [1, 3, 1, 1]
    # Together once, and then each by itself, the one that was lost most often last.
    assert infer.reader.batches[0] == [b"0", b"1", b"2", b"3"]
    assert all(len(batch) == 1 for batch in infer.reader.batches[1:])


def test_a_film_that_a_reader_was_lost_over_comes_last_and_no_other_is_claimed_with_it(
    infer: Infer,
) -> None:
    tasks = [posted(infer, b"x", abandoned=1), *some(infer, 2)]
    infer = Infer(**vars(infer) | {"reader": Deadly(b"x")})
    with pytest.raises(KeyboardInterrupt):
        read(infer, tasks)
    assert infer.reader.batches == [[b"0", b"1"], [b"x"]]
    assert statuses(infer, tasks) == [TaskStatus.PROCESSING, DONE, DONE]


def test_where_one_lost_reader_ends_a_film_none_is_read_with_others(infer: Infer) -> None:
    alone = Infer(**vars(infer) | {"max_reads": 1})
    read(alone, some(infer, 3))
    assert infer.reader.batches == [[b"0"], [b"1"], [b"2"]]


def test_of_a_second_batch_as_many_are_begun_as_there_is_time_for(infer: Infer) -> None:
    class Slow(FakeReader):
        def read(self, task_type: str, films: Sequence[FilmToRead]) -> list[Reading | FilmFailed]:
            infer.clock.advance(seconds=50)
            return super().read(task_type, films)

    ending = START + TIME_LEFT
    tasks = [posted(infer, b"pano", task_type="pano"), *some(infer, 3)]
    slow = Infer(**vars(infer) | {"reader": Slow()})
    slow.reader.together = {"ceph"}
    again = slow(jobs(tasks), lambda: ending - infer.clock.now())
    # 70 s are left, and each film's share is 30.
    assert slow.reader.batches == [[b"pano"], [b"0", b"1"]]
    assert [type(why) for why in again] == [type(None)] * 3 + [OutOfTime]
    assert statuses(infer, tasks) == [DONE, DONE, DONE, TaskStatus.PENDING]


def test_every_film_of_a_batch_has_its_part_of_the_time(infer: Infer) -> None:
    reader = Meanwhile(lambda: infer.clock.advance(seconds=2))
    tasks = some(infer, 4)
    read(Infer(**vars(infer) | {"reader": reader}), tasks)
    assert {stored(infer, task).times for task in tasks} == {
        StageTimes(downloaded_ms=0, read_ms=500)
    }
    assert infer.tasks.pace("ceph") == timedelta(seconds=0.5)


def test_no_message_is_nothing_to_do(infer: Infer) -> None:
    assert read(infer, []) == []
