"""Pages of other origins: what they are told, and that by default they are told nothing."""

import pytest

from tests.lambda_events import CONTEXT, event

PAGE = "https://app.example"


@pytest.fixture
def call(load, monkeypatch):
    def call(name, origins="", **headers):
        monkeypatch.setenv("CORS_ORIGINS", origins)
        asked = event(name)
        sent = asked["headers"] | headers
        asked |= {"headers": sent, "multiValueHeaders": {k: [v] for k, v in sent.items()}}
        if "Access-Control-Request-Method" in headers:
            asked["httpMethod"] = "OPTIONS"
        answer = load("submit").handler(asked, CONTEXT)
        told = {name.lower(): value for name, value in answer["multiValueHeaders"].items()}
        return answer["statusCode"], told

    return call


def preflight(origin: str) -> dict[str, str]:
    return {"Origin": origin, "Access-Control-Request-Method": "POST"}


@pytest.mark.parametrize("origins", [PAGE, f"https://one.example,{PAGE}"])
def test_a_page_of_an_allowed_origin_may_call(call, origins) -> None:
    status, told = call("submit/analyze", origins, **preflight(PAGE))
    assert status == 204
    assert told["access-control-allow-origin"] == [PAGE]
    assert told["access-control-allow-methods"] == ["DELETE,GET,POST"]
    [allowed] = told["access-control-allow-headers"]
    assert {"Authorization", "Content-Type", "Idempotency-Key"} <= set(allowed.split(","))
    assert told["vary"] == ["Origin"]

    status, told = call("submit/root", origins, Origin=PAGE)
    assert (status, told["access-control-allow-origin"]) == (200, [PAGE])
    assert told["content-type"] == ["application/json"]


@pytest.mark.parametrize("name", ["task", "unknown_path", "unknown_method", "missing_image"])
def test_it_may_read_errors_too(call, name) -> None:
    status, told = call(f"submit/{name}", PAGE, Origin=PAGE)
    assert status >= 400
    assert told["access-control-allow-origin"] == [PAGE]
    assert "Retry-After" in told["access-control-expose-headers"][0]


def test_every_page_may_call_where_all_may(call) -> None:
    status, told = call("submit/analyze", "*", **preflight("https://any.example"))
    assert (status, told["access-control-allow-origin"]) == (204, ["*"])


@pytest.mark.parametrize(
    ("origins", "origin"),
    [
        ("", PAGE),
        (PAGE, "https://evil.example"),
        (PAGE, "https://app.example.evil.example"),
        (PAGE, "http://app.example"),
        (PAGE, "null"),
        ("https://one.example," + PAGE, "https://one.example," + PAGE),
    ],
)
def test_no_other_page_may(call, origins, origin) -> None:
    status, told = call("submit/analyze", origins, **preflight(origin))
    assert status == 405
    assert not any(name.startswith("access-control") for name in told)
    status, told = call("submit/root", origins, Origin=origin)
    assert status == 200
    assert not any(name.startswith("access-control") for name in told)


def test_whoever_is_no_page_is_told_nothing(call) -> None:
    status, told = call("submit/root", PAGE)
    assert status == 200
    assert not any(name.startswith("access-control") for name in told)
