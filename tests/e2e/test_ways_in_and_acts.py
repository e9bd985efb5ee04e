"""The other ways in, and what a client may do with its tasks, over HTTP on the running service."""

import json

import requests
from standardwebhooks import Webhook

from tests.builders import form_body, new_id
from tests.service import Service
from xray.bench.measure import no_film
from xray.receiver import Answer


def test_a_film_of_twenty_megabytes_is_uploaded_and_comes_back(
    service: Service, film: bytes
) -> None:
    large = film + bytes(20_000_000 - len(film))
    announced = {"fileName": "film.jpg", "contentType": "image/jpeg", "size": len(large)}
    upload = service.request("POST", "/api/v1/uploads", json=announced)
    assert upload.status_code == 201
    form = upload.json()
    stored = requests.post(
        form["url"], data=form["fields"], files={"file": ("film.jpg", large)}, timeout=60
    )
    assert stored.status_code in (200, 204), stored.text
    task_id = new_id()
    body = service.fields(task_id) | {"uploadId": form["uploadId"], "pixelSpacing": 0.127}
    answer = service.request("POST", "/api/v1/analyze", json=body)
    assert answer.status_code == 202, answer.text
    report = json.loads(service.callback(task_id).body)
    assert report["error"] is None
    assert report["data"]["image"]["pixelSpacing"] == [0.127, 0.127]


def test_a_batch_of_a_hundred_with_ten_bad_items_is_ninety_callbacks(
    service: Service, film: bytes
) -> None:
    uploads = [uploaded(service, film), *[uploaded(service, no_film())] * 4]
    good = [new_id() for _ in range(90)]
    items = [
        service.fields(task_id) | {"uploadId": uploads[number % len(uploads)]}
        for number, task_id in enumerate(good)
    ]
    wrong = (
        {"taskId": "17"},
        {"taskType": "mri"},
        {"callbackUrl": "ftp://clinic.example"},
        {"uploadId": new_id()},
        {"pixelSpacing": -1},
    )
    bad = [items[0] | {"taskId": new_id()} | change for change in wrong * 2]
    answer = service.request("POST", "/api/v1/batch", json={"tasks": [*items, *bad]})
    assert answer.status_code == 202, answer.text
    body = answer.json()
    assert (body["count"], body["accepted"]) == (90, good)
    assert [one["error"]["code"] for one in body["rejected"]] == [
        10001, 10001, 10005, 10001, 10001,
    ] * 2  # fmt: skip
    errors = [json.loads(service.callback(task_id).body)["error"] for task_id in good]
    assert [error and error["code"] for error in errors] == [None, *[12002] * 4] * 18


def uploaded(service: Service, content: bytes) -> str:
    """The uploadId of a file that has been uploaded; any number of tasks may name it."""
    media = "image/png" if content.startswith(b"\x89PNG") else "image/jpeg"
    announced = {"fileName": "film", "contentType": media, "size": len(content)}
    form = service.request("POST", "/api/v1/uploads", json=announced).json()
    requests.post(form["url"], data=form["fields"], files={"file": content}, timeout=60)
    upload_id: str = form["uploadId"]
    return upload_id


def test_an_upload_larger_than_announced_is_refused(service: Service, film: bytes) -> None:
    announced = {"fileName": "film.jpg", "contentType": "image/jpeg", "size": 1000}
    form = service.request("POST", "/api/v1/uploads", json=announced).json()
    stored = requests.post(
        form["url"], data=form["fields"], files={"file": ("film.jpg", film)}, timeout=60
    )
    assert stored.status_code == 400
    assert "EntityTooLarge" in stored.text


def test_a_clients_tasks_are_listed(service: Service, film: bytes) -> None:
    task_ids = [service.accepted(film) for _ in range(3)]
    first = service.request("GET", "/api/v1/tasks?limit=2").json()
    assert [task["taskId"] for task in first["tasks"]] == task_ids[:0:-1]
    rest = service.request("GET", f"/api/v1/tasks?limit=2&cursor={first['cursor']}").json()
    assert rest["tasks"][0]["taskId"] == task_ids[0]


def test_a_result_is_delivered_again_without_being_read_again(
    service: Service, film: bytes
) -> None:
    task_id = service.accepted(film)
    service.wait_for(task_id, lambda task: task["callback"]["state"] == "delivered")
    assert service.request("POST", f"/api/v1/task/{task_id}/callback").status_code == 202
    service.receiver.wait(f"/{task_id}", count=2)
    first, second = service.posts(task_id)
    assert first == second
    assert service.record(task_id)["fence"] == 1

    link = service.request("GET", f"/api/v1/task/{task_id}/result", allow_redirects=False)
    assert link.status_code == 302
    assert requests.get(link.headers["Location"], timeout=60).content == first


def test_a_film_of_high_priority_does_not_wait_behind_others(service: Service, film: bytes) -> None:
    service.callback(service.accepted(film))  # by which is known how long one takes
    service.receiver.answer("/slow", Answer(body=film, delay_s=1))
    normal, high = [new_id() for _ in range(12)], new_id()
    slow = {"imageUrl": service.receiver.url("/slow")}
    items = [service.fields(task_id) | slow for task_id in normal]
    batch = service.request("POST", "/api/v1/batch", json={"tasks": items})
    assert batch.json()["accepted"] == normal
    waiting = service.wait_for(normal[-1], lambda task: task["estimatedSeconds"] is not None)
    assert waiting["status"] == "pending"
    assert 2 <= waiting["queuePosition"] <= 12
    assert waiting["estimatedSeconds"] >= 1
    assert set(waiting["timings"].values()) == {None}
    assert service.post(service.fields(high) | {"priority": "high"}, film).status_code == 202
    for task_id in (high, *normal):
        assert json.loads(service.callback(task_id).body)["error"] is None
    urgent = service.task(high).json()
    assert urgent["priority"] == "high"
    begun = [service.task(task_id).json()["startedAt"] for task_id in normal]
    waited = [at for at in begun if at > urgent["createdAt"]]  # they had come before it
    assert len(waited) > 6
    # Those that each of the two readers had begun or been handed; in one queue it would be all.
    assert sum(at < urgent["startedAt"] for at in waited) <= 4
    parts = service.request("GET", "/health").json()["parts"]
    assert {parts[name]["state"] for name in ("taskQueue", "highTaskQueue")} == {"up"}


def test_what_has_ended_cannot_be_cancelled(service: Service, film: bytes) -> None:
    task_id = service.accepted(film)
    service.wait_for(task_id, lambda task: task["status"] == "completed")
    answer = service.request("DELETE", f"/api/v1/task/{task_id}")
    assert (answer.status_code, answer.json()["code"]) == (409, 10009)


def test_a_post_repeated_with_its_key_is_read_once(service: Service, film: bytes) -> None:
    task_id = new_id()
    content_type, body = form_body(service.fields(task_id), film, boundary="of-the-tests")
    headers = {"Content-Type": content_type, "Idempotency-Key": task_id}
    answers = [
        service.request("POST", "/api/v1/analyze", data=body, headers=headers) for _ in range(3)
    ]
    assert [answer.status_code for answer in answers] == [202] * 3
    assert len({answer.text for answer in answers}) == 1
    service.callback(task_id)
    service.wait_for(task_id, lambda task: task["callback"]["state"] == "delivered")
    assert len(service.posts(task_id)) == 1


def test_a_receiver_is_tried(service: Service) -> None:
    path = f"/{new_id()}"
    service.receiver.answer(path, Answer(status=418, body=b"a teapot"), Answer())
    body = {"callbackUrl": service.receiver.url(path)}
    answer = service.request("POST", "/api/v1/callbacks/test", json=body)
    assert answer.status_code == 200, answer.text
    outcome = answer.json()
    assert (outcome["delivered"], outcome["status"]) == (False, 418)
    assert (outcome["error"], outcome["answer"]) == ("answered 418", "a teapot")
    assert service.request("POST", "/api/v1/callbacks/test", json=body).json()["delivered"]
    for received in service.receiver.wait(path, count=2):
        report = Webhook(service.secret).verify(received.body, dict(received.headers))
        assert report["data"] == {"test": True}
    dead = {"callbackUrl": "http://127.0.0.1:9/"}
    outcome = service.request("POST", "/api/v1/callbacks/test", json=dead).json()
    assert (outcome["status"], outcome["error"]) == (None, "no connection")
    inside = {"callbackUrl": "https://10.0.0.1/"}
    refused = service.request("POST", "/api/v1/callbacks/test", json=inside)
    assert (refused.status_code, refused.json()["code"]) == (400, 10005)
