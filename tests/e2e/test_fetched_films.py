"""Films that the running service fetches from where the client has them."""

import json

import pytest

from tests.builders import form_body, new_id
from tests.service import Service
from xray.receiver import Answer


@pytest.fixture
def address(service: Service, film: bytes):
    """Puts answers under an address that holds a secret."""

    def offer(*answers: Answer) -> str:
        path = f"/films/{new_id()}?key=s3cret"
        service.receiver.answer(path, *(answers or [Answer(body=film)]))
        return service.receiver.url(path)

    return offer


def post(service: Service, image_url: str) -> str:
    task_id = new_id()
    body = service.fields(task_id) | {"imageUrl": image_url}
    answer = service.request("POST", "/api/v1/analyze", json=body)
    assert answer.status_code == 202, answer.text
    return task_id


def outcome(service: Service, task_id: str) -> dict:
    body: dict = json.loads(service.callback(task_id).body)
    return body


def asked(service: Service, image_url: str) -> int:
    return sum(image_url.endswith(request.path) for request in service.receiver.received)


def test_a_film_named_in_json_is_fetched_and_comes_back(service: Service, address) -> None:
    task_id = post(service, url := address())
    assert len(outcome(service, task_id)["data"]["landmarks"]) == 19
    assert asked(service, url) == 1
    service.wait_until(lambda: not service.keys(f"films/local/{task_id}/"))
    assert "image_url" not in service.record(task_id)


def test_a_film_named_in_a_form_is_fetched_too(service: Service, address) -> None:
    task_id = new_id()
    fields = service.fields(task_id) | {"imageUrl": address(), "pixelSpacing": "0.127"}
    answer = service.post_raw(*form_body(fields, None))
    assert answer.status_code == 202, answer.text
    image = outcome(service, task_id)["data"]["image"]
    assert image["pixelSpacing"] == [0.127, 0.127]


def test_items_of_a_batch_may_name_their_films(service: Service, address) -> None:
    good, bad = new_id(), new_id()
    items = [
        service.fields(good) | {"imageUrl": address()},
        service.fields(bad) | {"imageUrl": "http://169.254.169.254/latest"},
    ]
    answer = service.request("POST", "/api/v1/batch", json={"tasks": items}).json()
    assert answer["accepted"] == [good]
    assert [one["error"]["code"] for one in answer["rejected"]] == [10005]
    assert outcome(service, good)["error"] is None


def test_what_may_pass_is_tried_again(service: Service, address, film: bytes) -> None:
    url = address(Answer(status=503), Answer(status=0), Answer(body=film))
    task_id = post(service, url)
    assert outcome(service, task_id)["error"] is None
    assert asked(service, url) == 3
    record = service.record(task_id)
    assert (record["fetches"], record["fence"], record["abandoned"]) == (2, 3, 0)


def test_tries_have_an_end(service: Service, address) -> None:
    task_id = post(service, url := address(Answer(status=503)))
    assert outcome(service, task_id)["error"] == {
        "code": 12006,
        "message": "imageUrl could not be fetched: answered 503",
    }
    assert asked(service, url) == 3


@pytest.mark.parametrize(
    ("answer", "code", "message"),
    [
        (Answer(status=404), 12006, "imageUrl could not be fetched: answered 404"),
        (Answer(body=b"sign in"), 12002, "image: the content is none of BMP, DICOM, JPEG, PNG"),
        (Answer(body=b"\xff\xd8\xff\xe0 no film"), 12002, None),
    ],
    ids=["nothing there", "a text", "begins like a film"],
)
def test_what_gives_no_film_ends_at_once(service: Service, address, answer, code, message) -> None:
    task_id = post(service, url := address(answer))
    error = outcome(service, task_id)["error"]
    assert error["code"] == code
    assert message in (None, error["message"])
    assert asked(service, url) == 1
    task = service.task(task_id)
    assert (task.json()["status"], task.json()["error"]) == ("failed", error)


def test_a_redirect_is_not_followed(service: Service, address) -> None:
    inside = address()
    task_id = post(service, address(Answer(status=302, headers={"Location": inside})))
    error = outcome(service, task_id)["error"]
    assert (error["code"], error["message"].split(": ")[1]) == (
        12006,
        "answered 302; redirects are not followed",
    )
    assert asked(service, inside) == 0


@pytest.mark.parametrize(
    ("changes", "code", "detail"),
    [
        ({"imageUrl": "http://10.0.0.1/film"}, 10005, "imageUrl: leads to an internal address"),
        ({"imageUrl": "file:///etc/passwd"}, 10005, "imageUrl: must begin with http"),
        ({"imageUrl": ""}, 10001, "imageUrl: "),
        ({}, 10001, "uploadId: field required, or imageUrl"),
    ],
)
def test_what_is_no_address_is_refused(service: Service, changes, code, detail) -> None:
    task_id = new_id()
    answer = service.request("POST", "/api/v1/analyze", json=service.fields(task_id) | changes)
    assert (answer.status_code, answer.json()["code"]) == (400, code)
    assert answer.json()["detail"].startswith(detail)
    assert service.task(task_id).status_code == 404


def test_the_address_of_a_film_is_shown_nowhere(service: Service, address) -> None:
    for answer in (Answer(status=404), Answer(status=503), Answer(body=b"text")):
        task_id = post(service, address(answer))
        shown = [service.task(task_id).text, service.callback(task_id).body.decode()]
        shown += [service.task(task_id).text, service.request("GET", "/api/v1/tasks").text]
        assert not any("s3cret" in text or "/films/" in text for text in shown)
    logs = [file.read_bytes() for file in service.cloud.log.rglob("*.log")]
    assert any(b"film not fetched" in log for log in logs)
    assert not any(b"s3cret" in log for log in logs)
