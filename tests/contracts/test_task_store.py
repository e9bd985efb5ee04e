"""What every TaskStore does."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from service.errors import TaskExists
from service.ports import TaskStore, VersionConflict
from service.task import Attempt, Failure, Lease, Priority, StageTimes, Task, TaskKey, TaskStatus
from tests.builders import a_task, new_id
from tests.fakes import START

MINUTE = timedelta(seconds=60)
TIMES = StageTimes(downloaded_ms=12, read_ms=3456)


def full_task() -> Task:
    """A task with every field in use."""
    lease = Lease(holder="reader", until=START + MINUTE)
    delivering = Lease(holder="messenger", until=START + 2 * MINUTE)
    attempt = Attempt(
        at=START + MINUTE, status=503, latency_ms=12, error="answered 503", answer="später"
    )
    return (
        a_task(
            idempotency_key="k",
            image_url="https://films.example/1?key=s3cret",
            priority="high",
            options={"pixelSpacing": 0.127, "count": 3, "text": "t", "flag": True},
        )
        .claimed(lease, START)
        .finished(1, "outcomes/1.json", Failure(code=12001, message="failed"), START, TIMES)
        .delivery_claimed(delivering, START)
        .attempted("messenger", attempt, timedelta(seconds=5, milliseconds=250))
        .delivery_claimed(delivering, START + 5 * MINUTE)
    )


def test_what_is_added_is_read(tasks: TaskStore) -> None:
    for task in (a_task(), full_task()):
        tasks.add(task)
        assert tasks.get(task.key) == task


def test_what_was_never_added_is_none(tasks: TaskStore) -> None:
    assert tasks.get(TaskKey("local", new_id())) is None


def test_a_key_is_taken_once(tasks: TaskStore) -> None:
    tasks.add(first := a_task())
    with pytest.raises(TaskExists):
        tasks.add(a_task(task_id=first.task_id))
    assert tasks.get(first.key) == first
    tasks.add(a_task(task_id=first.task_id, client="another"))


def test_the_same_post_written_twice_is_one(tasks: TaskStore) -> None:
    tasks.add(task := a_task())
    tasks.add(task)
    assert tasks.get(task.key) == task


def test_an_expired_key_is_free(tasks: TaskStore) -> None:
    tasks.add(old := a_task(expires_at=START, status=TaskStatus.CANCELLED, due_at=None))
    tasks.add(new := a_task(task_id=old.task_id, created_at=START))
    stored = tasks.get(old.key)
    assert stored is not None
    assert stored.film_key == new.film_key


def test_a_save_counts_and_is_read(tasks: TaskStore) -> None:
    tasks.add(task := a_task())
    saved = tasks.save(replace(task, outcome_key="outcomes/1.json"))
    assert saved.version == task.version + 1
    assert tasks.get(task.key) == saved


def test_a_save_over_another_is_refused(tasks: TaskStore) -> None:
    tasks.add(task := a_task())
    saved = tasks.save(task)
    with pytest.raises(VersionConflict):
        tasks.save(replace(task, outcome_key="stale"))
    assert tasks.get(task.key) == saved


def test_a_task_that_is_gone_cannot_be_saved(tasks: TaskStore) -> None:
    with pytest.raises(VersionConflict):
        tasks.save(a_task())


def test_an_update_applies_to_what_is_stored_now(tasks: TaskStore) -> None:
    tasks.add(stale := a_task())
    tasks.save(replace(stale, options={"a": 1}))
    updated = tasks.update(stale, lambda t: replace(t, outcome_key="k"))
    assert (updated.options, updated.outcome_key, updated.version) == ({"a": 1}, "k", 2)
    assert tasks.get(stale.key) == updated


def test_an_update_that_changes_nothing_writes_nothing(tasks: TaskStore) -> None:
    tasks.add(task := a_task())
    assert tasks.update(task, lambda t: t) == task
    assert tasks.get(task.key) == task


def test_due_lists_what_has_come_due_longest_first(tasks: TaskStore) -> None:
    late, early, future, never = (
        a_task(due_at=due) for due in (START, START - MINUTE, START + MINUTE, None)
    )
    for task in (late, early, future, never):
        tasks.add(task)
    assert tasks.due(START, 10) == [early.key, late.key]
    assert tasks.due(START, 1) == [early.key]
    assert tasks.due(START - 2 * MINUTE, 10) == []


def test_what_is_done_leaves_the_index(tasks: TaskStore) -> None:
    tasks.add(task := a_task(due_at=START))
    tasks.save(replace(task, due_at=None))
    assert tasks.due(START, 10) == []


def test_a_film_waits_to_be_read_until_its_task_has_ended(tasks: TaskStore) -> None:
    assert tasks.oldest_unread() is None
    tasks.add(young := a_task(created_at=START + MINUTE))
    tasks.add(old := a_task())
    assert tasks.oldest_unread() == START
    lease = Lease(holder="reader", until=START + MINUTE)
    old = tasks.save(old.claimed(lease, START))
    assert tasks.oldest_unread() == START
    tasks.save(old.finished(1, "outcomes/1", None, START))
    assert tasks.oldest_unread() == young.created_at


def test_a_key_whose_task_still_waits_is_never_free(tasks: TaskStore) -> None:
    tasks.add(waiting := a_task(expires_at=START))
    with pytest.raises(TaskExists):
        tasks.add(a_task(task_id=waiting.task_id, created_at=START + MINUTE))


def test_a_stale_process_cannot_write_over_another_task_under_the_same_key(
    tasks: TaskStore,
) -> None:
    tasks.add(old := a_task(expires_at=START, status=TaskStatus.CANCELLED, due_at=None))
    tasks.add(new := a_task(task_id=old.task_id, created_at=START))
    assert old.version == new.version
    with pytest.raises(VersionConflict):
        tasks.save(old)
    assert tasks.get(new.key) == new


def test_a_list_shows_a_clients_tasks_newest_first_page_by_page(tasks: TaskStore) -> None:
    mine = [a_task(created_at=START + n * MINUTE, due_at=None) for n in range(5)]
    for task in [*mine, a_task(client="another", created_at=START + 9 * MINUTE)]:
        tasks.add(task)
    first = tasks.page("local", 3, None)
    assert [one.task_id for one in first.tasks] == [t.task_id for t in mine[:1:-1]]
    assert first.cursor is not None
    second = tasks.page("local", 3, first.cursor)
    assert [one.task_id for one in second.tasks] == [t.task_id for t in mine[1::-1]]
    assert second.cursor is None
    newest, shown = mine[-1], first.tasks[0]
    assert (shown.created_at, shown.status, shown.task_type, shown.completed_at) == (
        newest.created_at, newest.status, newest.task_type, None,
    )  # fmt: skip
    assert tasks.page("nobody", 3, None).tasks == []


def test_a_note_gives_way_to_whoever_wrote_since(tasks: TaskStore) -> None:
    tasks.add(task := a_task())
    saved = tasks.save(replace(task, outcome_key="k"))
    tasks.note(task, lambda t: replace(t, outcome_key="late"))
    assert tasks.get(task.key) == saved
    tasks.note(saved, lambda t: replace(t, outcome_key="in time"))
    stored = tasks.get(task.key)
    assert stored is not None
    assert stored.outcome_key == "in time"


def test_the_last_beat_is_remembered(tasks: TaskStore) -> None:
    assert tasks.last_beat() is None
    tasks.beat(START)
    tasks.beat(START + MINUTE)
    assert tasks.last_beat() == START + MINUTE


def test_the_oldest_unread_film_is_found_whatever_its_priority(tasks: TaskStore) -> None:
    tasks.add(a_task(created_at=START + MINUTE))
    tasks.add(a_task(created_at=START, priority=Priority.HIGH))
    assert tasks.oldest_unread() == START


def test_those_before_a_film_are_the_unread_of_its_priority(tasks: TaskStore) -> None:
    lease = Lease(holder="reader", until=START + MINUTE)
    waiting = [a_task(created_at=START + n * MINUTE) for n in range(4)]
    ended = a_task(created_at=START).claimed(lease, START).finished(1, "outcomes/1", None, START)
    begun = a_task(created_at=START).claimed(lease, START)
    high = [a_task(created_at=START + n * MINUTE, priority=Priority.HIGH) for n in range(2)]
    for task in (*waiting, ended, begun, *high):
        tasks.add(task)
    assert [tasks.unread_before(task, 100) for task in waiting] == [0, 2, 3, 4]
    assert [tasks.unread_before(task, 100) for task in high] == [0, 1]
    assert tasks.unread_before(waiting[3], 3) == 3


def test_a_pace_is_kept_for_each_type(tasks: TaskStore) -> None:
    assert tasks.pace("ceph") is None
    tasks.set_pace("ceph", timedelta(seconds=1.25))
    tasks.set_pace("ceph", timedelta(seconds=2.5))
    tasks.set_pace("pano", timedelta(milliseconds=3))
    assert tasks.pace("ceph") == timedelta(seconds=2.5)
    assert tasks.pace("pano") == timedelta(milliseconds=3)
    assert tasks.due(START + MINUTE, 10) == []
