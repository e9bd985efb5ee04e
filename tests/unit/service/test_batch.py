"""Many films at once."""

import pytest

from service.batch import Batch
from service.caller import Caller
from service.errors import InvalidRequest, TooManyRequests
from service.submit import Submit
from tests.builders import CALLBACK_URL, JPEG, a_submit, an_admission, new_id
from tests.fakes import MemoryFilmStore

UPLOAD = new_id()
CALLER = Caller("local")


@pytest.fixture
def submit() -> Submit:
    submit = a_submit()
    submit.films.put_film(f"uploads/local/{UPLOAD}", JPEG, "image/jpeg")
    return submit


def batch(submit: Submit, tasks_per_minute: int = 1000) -> Batch:
    return Batch(submit, an_admission(tasks_per_minute=tasks_per_minute))


def item(**changes: object) -> dict[str, object]:
    fields = {
        "taskId": new_id(),
        "taskType": "any",
        "callbackUrl": CALLBACK_URL,
        "uploadId": UPLOAD,
    } | changes
    return {name: value for name, value in fields.items() if value is not None}


def test_a_bad_item_costs_nobody_else(submit: Submit) -> None:
    good = [item() for _ in range(5)]
    taken = good[0]
    bad: list[tuple[object, object, int]] = [
        (item(taskType="mri"), ..., 10001),
        (item(callbackUrl="https://10.0.0.1"), ..., 10005),
        (item(uploadId=None), ..., 10001),
        (item(uploadId=new_id()), ..., 10001),
        (item(taskId="17"), "17", 10001),
        (item(priority="x - at `$.y`"), ..., 10001),
        (item(taskId=17), None, 10001),
        ("no object", None, 10001),
        (None, None, 10001),
    ]
    outcome = batch(submit)(CALLER, [*good, *(one for one, _, _ in bad)])
    assert outcome.count == 5
    assert outcome.accepted == [one["taskId"] for one in good]
    assert [one.error.code for one in outcome.rejected] == [code for *_, code in bad]
    for (one, task_id, _), rejected in zip(bad, outcome.rejected, strict=True):
        expected = one["taskId"] if task_id is ... else task_id  # type: ignore[index]
        assert rejected.task_id == expected
        assert rejected.error.detail
    assert len(submit.queues["normal"].sent) == 5
    again = batch(submit)(CALLER, [taken])
    assert again.rejected[0].error.code == 10002


def test_items_may_name_where_their_film_is(submit: Submit) -> None:
    named = item(uploadId=None, imageUrl="https://films.example/1")
    both = item(imageUrl="https://films.example/1")
    inside = item(uploadId=None, imageUrl="https://127.0.0.1/1")
    outcome = batch(submit)(CALLER, [named, both, inside])
    assert outcome.accepted == [named["taskId"]]
    assert [one.error.code for one in outcome.rejected] == [10001, 10005]


@pytest.mark.parametrize("items", [None, [], {}, "x", [{}] * 101])
def test_what_is_no_batch_is_refused(submit: Submit, items: object) -> None:
    with pytest.raises(InvalidRequest, match="tasks: must be a list of 1 to 100"):
        batch(submit)(CALLER, items)


def test_a_part_that_is_down_is_not_asked_a_hundred_times(submit: Submit) -> None:
    asked = []

    class Down(MemoryFilmStore):
        def get_head(self, key: str, size: int) -> bytes | None:
            asked.append(key)
            self.broken = {"get_head"}
            return super().get_head(key, size)

    outcome = batch(submit._replace(films=Down()))(CALLER, [item() for _ in range(100)])
    assert outcome.count == 0
    assert {one.error.code for one in outcome.rejected} == {10010}
    assert len(asked) <= 8


def test_what_exceeds_the_quota_is_refused_one_by_one(submit: Submit) -> None:
    items = [item() for _ in range(5)]
    limited = batch(submit, tasks_per_minute=3)
    outcome = limited(CALLER, items)
    assert outcome.accepted == [one["taskId"] for one in items[:3]]
    assert [one.task_id for one in outcome.rejected] == [one["taskId"] for one in items[3:]]
    assert {one.error.code for one in outcome.rejected} == {10008}
    assert len(submit.queues["normal"].sent) == 3
    with pytest.raises(TooManyRequests):
        limited(CALLER, items)
    assert len(submit.queues["normal"].sent) == 3
