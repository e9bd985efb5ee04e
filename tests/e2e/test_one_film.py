"""One film, all the way through: over HTTP, through the real functions, to a real receiver."""

import io
import json

import pytest
import requests
from PIL import Image
from standardwebhooks import Webhook

from pipelines.pano.synthetic import draw as draw_pano
from tests.builders import form_body, new_id
from tests.service import Service
from tests.shared import data

LANDMARKS = [
    "Sella", "Nasion", "Orbitale", "Porion", "Point A", "Point B", "Pogonion", "Menton",
    "Gnathion", "Gonion", "Lower incisor", "Upper incisor", "Upper lip", "Lower lip",
    "Subnasale", "Soft-tissue pogonion", "Posterior nasal spine", "Anterior nasal spine",
    "Articulare",
]  # fmt: skip


def assert_is_a_reading(report: dict, width: int, height: int) -> None:
    assert [point["name"] for point in report["landmarks"]] == LANDMARKS
    for point in report["landmarks"]:
        assert 0 <= point["x"] < width
        assert 0 <= point["y"] < height
        assert 0 <= point["confidence"] <= 1
    measured = report["measurements"]
    assert measured["ANB"] == pytest.approx(measured["SNA"] - measured["SNB"], abs=0.11)


def test_a_drawn_film_comes_back_read(service: Service, film) -> None:
    task_id = service.accepted(film)
    callback = service.callback(task_id)
    body = json.loads(callback.body)
    assert body["taskId"] == task_id
    assert body["error"] is None
    assert_is_a_reading(body["data"], 1340, 1671)
    assert callback.headers["User-Agent"].startswith("Xray-Inference-Service/")
    assert callback.headers["webhook-id"] == task_id
    assert Webhook(service.secret).verify(callback.body, dict(callback.headers)) == body

    task = service.wait_for(task_id, lambda task: task["callback"]["state"] == "delivered")
    assert (task["status"], task["data"], task["error"]) == ("completed", body["data"], None)
    assert task["createdAt"] <= task["startedAt"] <= task["completedAt"]
    [attempt] = task["callback"]["attempts"]
    assert (attempt["status"], attempt["error"]) == (200, None)
    assert list(task["timings"]) == ["waitedMs", "downloadedMs", "readMs", "deliveredMs"]
    assert all(value >= 0 for value in task["timings"].values())
    assert task["timings"]["readMs"] > 0
    assert (task["queuePosition"], task["estimatedSeconds"]) == (None, None)

    service.wait_until(lambda: not service.keys(f"films/local/{task_id}/"))  # removed once read
    assert len(service.keys(f"outcomes/local/{task_id}/")) == 2  # the callback and the overlay
    assert requests.get(task["links"]["result"], timeout=60).content == callback.body
    picture = requests.get(task["links"]["overlay"], timeout=60)
    assert picture.headers["Content-Type"] == "image/jpeg"
    drawn = Image.open(io.BytesIO(picture.content))
    assert (drawn.format, drawn.height) == ("JPEG", 1671)
    assert body["artefacts"] == [{"name": "overlay", "mediaType": "image/jpeg"}]
    assert service.posts(task_id) == [callback.body]


@pytest.mark.skipif(not data().is_dir(), reason="the shared folder 'data' is not here")
def test_a_real_film_comes_back_read(service: Service) -> None:
    real = sorted((data() / "ceph" / "images").iterdir())[0]
    task_id = service.accepted(real.read_bytes())
    body = json.loads(service.callback(task_id).body)
    assert body["error"] is None
    assert_is_a_reading(body["data"], 1340, 1671)


def assert_is_a_tooth_chart(report: dict) -> None:
    quadrants = [10 * q + n for q in (1, 2, 3, 4) for n in range(1, 9)]
    assert sorted(tooth["id"] for tooth in report["teeth"])[:32] == sorted(quadrants)
    present = [tooth for tooth in report["teeth"] if tooth.get("polygon")]
    assert len(present) >= 16
    assert all(0 <= tooth["confidence"] <= 1 for tooth in report["teeth"])
    assert all(finding["location"].startswith("tooth_") for finding in report["diseases"])


def test_a_drawn_panoramic_comes_back_read(service: Service) -> None:
    task_id = new_id()
    fields = service.fields(task_id) | {"taskType": "pano"}
    assert service.post(fields, draw_pano(seed=3).jpeg()).status_code == 202
    body = json.loads(service.callback(task_id).body)
    assert body["error"] is None
    assert_is_a_tooth_chart(body["data"])


@pytest.mark.skipif(not data().is_dir(), reason="the shared folder 'data' is not here")
def test_a_real_panoramic_comes_back_read(service: Service) -> None:
    real = sorted((data() / "pano" / "images").glob("caries_*.jpg"))[0]
    task_id = new_id()
    fields = service.fields(task_id) | {"taskType": "pano"}
    assert service.post(fields, real.read_bytes()).status_code == 202
    body = json.loads(service.callback(task_id).body)
    assert body["error"] is None
    assert_is_a_tooth_chart(body["data"])


def test_the_wrong_kind_of_film_is_told(service: Service, film: bytes) -> None:
    task_id = new_id()
    service.post(service.fields(task_id) | {"taskType": "pano"}, film)
    body = json.loads(service.callback(task_id).body)
    assert (body["data"], body["error"]["code"]) == (None, 12003)


def test_a_film_that_cannot_be_read_is_a_callback_with_its_error(service: Service) -> None:
    task_id = service.accepted(b"\xff\xd8\xff\xe0 begins like a JPEG and is none")
    body = json.loads(service.callback(task_id).body)
    assert (body["data"], body["error"]["code"]) == (None, 12002)
    task = service.wait_for(task_id, lambda task: task["callback"]["state"] == "delivered")
    assert (task["status"], task["error"]) == ("failed", body["error"])


@pytest.mark.parametrize(
    ("changes", "image", "status", "code", "detail"),
    [
        ({}, b"this is a text, named .jpg", 400, 10003, "image: "),
        ({"taskType": None}, ..., 400, 10001, "taskType: "),
        ({"callbackUrl": None}, ..., 400, 10001, "callbackUrl: "),
        ({}, None, 400, 10001, "image: "),
        ({"taskId": "film-17"}, ..., 400, 10001, "taskId: "),
        ({"taskType": "mri"}, ..., 400, 10001, "taskType: "),
        ({"callbackUrl": "file:///etc/passwd"}, ..., 400, 10005, "callbackUrl: "),
        ({"pixelSpacing": "wide"}, ..., 400, 10001, "pixelSpacing: "),
    ],
)
def test_what_is_wrong_is_one_clear_error_and_nothing_is_left(
    service: Service, film, changes, image, status, code, detail
) -> None:
    task_id = new_id()
    fields = service.fields(task_id) | changes
    sent = {name: value for name, value in fields.items() if value is not None}
    answer = service.post(sent, film if image is ... else image)
    error = answer.json()
    assert (answer.status_code, error["code"]) == (status, code)
    assert error["detail"].startswith(detail)
    assert set(error) == {"code", "message", "detail", "requestId"}
    assert service.keys(f"films/local/{task_id}") == []
    assert service.task(task_id).status_code == 404


def test_a_body_cut_off_is_refused(service: Service, film) -> None:
    fields = service.fields(new_id())
    content_type, body = form_body(fields, film)
    answer = service.post_raw(content_type, body[: len(body) // 2])
    assert (answer.status_code, answer.json()["code"]) == (400, 10001)
    assert answer.json()["detail"] == "body: malformed or cut off multipart/form-data"


def test_a_taken_task_id_is_refused_and_the_first_film_is_read(service: Service, film) -> None:
    task_id = service.accepted(film)
    fields = service.fields(task_id)
    answer = service.post(fields, film)
    assert (answer.status_code, answer.json()["code"]) == (409, 10002)
    assert json.loads(service.callback(task_id).body)["error"] is None
    assert len(service.posts(task_id)) == 1


def test_a_film_too_large_for_this_way_in_is_refused(service: Service, film) -> None:
    fields = service.fields(new_id())
    answer = service.post(fields, film + bytes(4_600_000))
    assert (answer.status_code, answer.json()["code"]) == (413, 10004)


@pytest.mark.parametrize(
    ("method", "path", "status", "code"),
    [
        ("GET", "/api/v1/films", 404, 10006),
        ("GET", "/api/v1/task/00000000-0000-4000-8000-000000000000", 404, 10006),
        ("PUT", "/api/v1/analyze", 405, 10001),
        ("DELETE", "/", 405, 10001),
        ("OPTIONS", "/api/v1/analyze", 405, 10001),
    ],
)
def test_what_is_not_served_is_answered_in_the_contracts_form(
    service: Service, method, path, status, code
) -> None:
    answer = service.request(method, path)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.json()["requestId"]


def test_service_and_health_are_open_to_all(service: Service) -> None:
    root = service.request("GET", "/").json()
    assert root["service"] == "Xray-Inference-Service"
    for path in ("/health", "/api/v1/health"):
        answer = service.request("GET", path)
        assert (answer.status_code, answer.json()["status"]) == (200, "healthy")


def test_a_dead_callback_url_ends_visibly_with_every_attempt_on_record(
    service: Service, film
) -> None:
    task_id = service.accepted(film, callback_url="http://127.0.0.1:9/nobody")
    task = service.wait_for(task_id, lambda task: task["callback"]["state"] == "exhausted")
    attempts = task["callback"]["attempts"]
    assert [(a["status"], a["error"]) for a in attempts] == [(None, "no connection")] * 3
    assert task["status"] == "completed"
    assert task["data"]["measurements"]


def test_a_receiver_that_recovers_gets_the_same_bytes(service: Service, film) -> None:
    task_id = new_id()
    service.answer(task_id, 500, 302, 200)
    service.accepted(film, task_id=task_id)
    task = service.wait_for(task_id, lambda task: task["callback"]["state"] == "delivered")
    assert [a["status"] for a in task["callback"]["attempts"]] == [500, 302, 200]
    posts = service.posts(task_id)
    assert len(posts) == 3
    assert len(set(posts)) == 1


def test_ten_films_at_once_are_all_accepted_and_all_come_back(service: Service, film) -> None:
    # Two megabytes each, as a scanner sends them: padding after the JPEG's end is legal.
    padded = film + bytes(2_000_000 - len(film))
    task_ids = service.accepted_at_once([padded] * 10)
    assert len(set(task_ids)) == 10
    for task_id in task_ids:
        assert json.loads(service.callback(task_id).body)["error"] is None
