"""Accepting films: what is kept, in which order, and what is left behind when a part is down."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from service.errors import InvalidRequest, TaskExists, Unavailable, UnsupportedImage
from service.messages import InferenceJob
from service.request_bodies import AnalyzeRequest
from service.submit import Submit
from service.task import TaskStatus
from tests.builders import CALLBACK_URL, JPEG, a_submit, new_id
from tests.fakes import START


@pytest.fixture
def submit() -> Submit:
    return a_submit()


def a_request(**changes: object) -> AnalyzeRequest:
    values = {"task_id": new_id(), "task_type": "any", "callback_url": CALLBACK_URL}
    return AnalyzeRequest(**(values | changes))


def test_a_film_is_stored_recorded_and_sent(submit: Submit) -> None:
    task = submit("local", request := a_request(options={"strength": 2.0}), JPEG)
    stored = submit.tasks.get(task.key)
    assert stored is not None
    assert (stored.status, stored.client, stored.task_id) == ("pending", "local", request.task_id)
    assert stored.options == {"strength": 2.0}
    assert submit.films.get_film(stored.film_key) == JPEG
    assert submit.queues["normal"].messages == [InferenceJob.about(task.key)]
    assert stored.due_at == START + timedelta(hours=1)


def test_a_film_of_high_priority_has_a_queue_of_its_own(submit: Submit) -> None:
    task = submit("local", a_request(priority="high"), JPEG)
    assert task.priority == "high"
    assert submit.queues["high"].messages == [InferenceJob.about(task.key)]
    assert not submit.queues["normal"].sent


def test_a_key_tells_nothing_but_client_and_task(submit: Submit) -> None:
    task = submit("local", a_request(), JPEG)
    folder, client, task_id, nonce = task.film_key.split("/")
    assert (folder, client, task_id) == ("films", "local", task.task_id)
    assert len(nonce) == 36


@pytest.mark.parametrize("content", [b"just text", b"", b"BM but text all the same", b"%PDF-1.7"])
def test_content_decides_and_nothing_is_kept_of_what_is_no_film(
    submit: Submit, content: bytes
) -> None:
    with pytest.raises(UnsupportedImage, match="none of JPEG, PNG"):
        submit("local", a_request(), content)
    assert not submit.films.objects
    assert not submit.tasks.tasks


def test_a_taken_task_id_leaves_the_first_film_alone(submit: Submit) -> None:
    first = submit("local", request := a_request(), JPEG)
    with pytest.raises(TaskExists):
        submit("local", request, JPEG + b"another")
    assert list(submit.films.objects) == [first.film_key]
    assert len(submit.queues["normal"].sent) == 1


def test_a_task_id_is_unique_per_client_only(submit: Submit) -> None:
    submit("one", request := a_request(), JPEG)
    submit("two", request, JPEG)
    assert len(submit.tasks.tasks) == 2


def test_an_uploaded_film_is_accepted_as_often_as_it_is_posted(submit: Submit) -> None:
    upload_id = new_id()
    submit.films.put_film(f"uploads/local/{upload_id}", JPEG, "image/jpeg")
    tasks = [submit("local", a_request(upload_id=upload_id)) for _ in range(2)]
    for task in tasks:
        assert submit.films.get_film(task.film_key) == JPEG
    assert len({task.film_key for task in tasks}) == 2


def test_what_has_not_been_uploaded_cannot_be_posted(submit: Submit) -> None:
    upload_id = new_id()
    submit.films.put_film(f"uploads/another/{upload_id}", JPEG, "image/jpeg")
    with pytest.raises(InvalidRequest, match="uploadId: nothing has been uploaded"):
        submit("local", a_request(upload_id=upload_id))
    assert not submit.tasks.tasks


def test_a_film_that_is_to_be_fetched_is_accepted_without_a_look_at_it(submit: Submit) -> None:
    task = submit("local", a_request(image_url="https://films.example/1?key=s3cret"))
    assert task.image_url == "https://films.example/1?key=s3cret"
    assert not submit.films.objects
    assert submit.queues["normal"].messages == [InferenceJob.about(task.key)]


@pytest.mark.parametrize(
    ("changes", "film", "detail"),
    [
        ({}, None, "uploadId: field required, or imageUrl; an image comes as a form"),
        ({"image_url": CALLBACK_URL}, JPEG, "imageUrl: goes without image"),
        ({"upload_id": new_id()}, JPEG, "uploadId: goes without image"),
        (
            {"image_url": CALLBACK_URL, "upload_id": new_id()},
            None,
            "uploadId: goes without imageUrl",
        ),
    ],
)
def test_a_film_comes_in_one_way(submit: Submit, changes, film, detail) -> None:
    with pytest.raises(InvalidRequest) as refused:
        submit("local", a_request(**changes), film)
    assert refused.value.detail == detail
    assert not submit.tasks.tasks
    assert not submit.films.objects


def test_an_upload_too_is_judged_by_its_content(submit: Submit) -> None:
    upload_id = new_id()
    submit.films.put_film(f"uploads/local/{upload_id}", b"a text" * 100, "image/jpeg")
    with pytest.raises(UnsupportedImage):
        submit("local", a_request(upload_id=upload_id))
    assert not submit.tasks.tasks


def test_a_repeated_post_with_its_key_is_the_first_answer_again(submit: Submit) -> None:
    request = a_request().repeatable("key-1", "local", {})
    first = submit("local", request, JPEG)
    again = submit("local", request, JPEG)
    assert again.film_key == first.film_key
    assert list(submit.films.objects) == [first.film_key]
    assert len(submit.queues["normal"].sent) == 1
    other = replace(request, idempotency_key="another")
    with pytest.raises(TaskExists):
        submit("local", other, JPEG)
    without = replace(request, idempotency_key=None)
    with pytest.raises(TaskExists):
        submit("local", without, JPEG)


@pytest.mark.parametrize(("part", "method"), [("films", "put_film"), ("tasks", "add")])
def test_before_the_record_a_fault_accepts_nothing(submit: Submit, part: str, method: str) -> None:
    getattr(submit, part).broken = {method}
    with pytest.raises(Unavailable):
        submit("local", a_request(), JPEG)
    assert not submit.tasks.tasks
    assert not submit.queues["normal"].sent


def test_a_record_whose_answer_was_lost_is_accepted(submit: Submit) -> None:
    submit.tasks.silent = {"add"}
    task = submit("local", a_request(), JPEG)
    assert submit.queues["normal"].messages == [InferenceJob.about(task.key)]


@pytest.mark.parametrize("part", ["queue", "table"])
def test_after_the_record_a_fault_is_left_to_the_sweeper(submit: Submit, part: str) -> None:
    if part == "queue":
        submit.queues["normal"].broken = {"send"}
    else:
        submit.tasks.broken = {"save"}
    task = submit("local", a_request(), JPEG)
    stored = submit.tasks.get(task.key)
    assert stored is not None
    assert stored.status is TaskStatus.PENDING
    assert submit.tasks.due(START + timedelta(seconds=60), 10) == [task.key]
