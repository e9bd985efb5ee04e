"""Pages of other origins on the running service: its answers, the gateway's and the store's."""

import pytest
import requests

from tests.service import Service

PAGE, STRANGER = "https://app.example", "https://evil.example"


def preflight(origin: str) -> dict[str, str]:
    return {"Origin": origin, "Access-Control-Request-Method": "POST"}


@pytest.mark.parametrize("path", ["/", "/api/v1/analyze"])
def test_a_browser_may_ask_before_it_calls(service: Service, path: str) -> None:
    answer = service.request("OPTIONS", path, headers=preflight(PAGE))
    assert answer.status_code == 204
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE
    assert "POST" in answer.headers["Access-Control-Allow-Methods"]
    assert "Idempotency-Key" in answer.headers["Access-Control-Allow-Headers"]
    refused = service.request("OPTIONS", path, headers=preflight(STRANGER))
    assert refused.status_code == 405
    assert "Access-Control-Allow-Origin" not in refused.headers


@pytest.mark.parametrize(
    ("method", "path", "status"),
    [
        ("GET", "/health", 200),
        ("POST", "/api/v1/analyze", 400),
        ("GET", "/api/v1/films", 404),
    ],
)
def test_answers_and_errors_may_be_read(service: Service, method, path, status) -> None:
    answer = service.request(method, path, headers={"Origin": PAGE})
    assert answer.status_code == status
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE
    stranger = service.request(method, path, headers={"Origin": STRANGER})
    assert "Access-Control-Allow-Origin" not in stranger.headers


def test_what_the_gateway_refuses_may_be_read_too(service: Service) -> None:
    answer = service.request("LINK", "/api/v1/analyze", headers={"Origin": PAGE})
    assert answer.json()["code"] == 10006  # no such route, said by the gateway
    assert answer.headers["Access-Control-Allow-Origin"] == PAGE


def test_a_page_may_upload_a_film(service: Service, film: bytes) -> None:
    announced = {"contentType": "image/jpeg", "size": len(film)}
    form = service.request("POST", "/api/v1/uploads", json=announced).json()
    stored = requests.post(
        form["url"],
        data=form["fields"],
        files={"file": film},
        headers={"Origin": PAGE},
        timeout=60,
    )
    assert stored.ok
    assert stored.headers["Access-Control-Allow-Origin"] == PAGE
