"""The page's server: its own files, the API's answers as they are, and nothing for strangers."""

import http.client
import json

import pytest
import requests

from xray.cloud import CloudError
from xray.receiver import Answer, Receiver
from xray.web import PageServer, PageSettings
from xray.web.passing import MAX_BODY_BYTES


@pytest.fixture
def api():
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def page(api):
    settings = PageSettings(api.url("/stage"), "http://127.0.0.1:1/hook", "http://127.0.0.1:2")
    with PageServer(settings) as page:
        yield page


def get(page, path, **options):
    return requests.get(page.url + path, timeout=10, **options)


def test_the_page_and_what_it_needs(page):
    start = get(page, "/")
    assert start.headers["Content-Type"].startswith("text/html")
    policy = start.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "http://127.0.0.1:2" in policy
    assert get(page, "/js/main.js").headers["Content-Type"].startswith("text/javascript")
    assert get(page, "/config.json").json() == {"callbackUrl": "http://127.0.0.1:1/hook"}
    assert len(get(page, "/definitions.json").json()["ceph"]["landmarks"]) == 19


@pytest.mark.parametrize(
    "path", ["/nothing.js", "/../server.py", "/%2e%2e/server.py", "/js", "/js/../../server.py"]
)
def test_nothing_else_is_given(page, path):
    connection = http.client.HTTPConnection(*page.url.removeprefix("http://").split(":"))
    connection.request("GET", path)
    answer = connection.getresponse()
    assert answer.status == 404
    assert json.loads(answer.read())["code"] == 10006
    connection.close()


def test_the_api_is_passed_on_as_it_is(page, api):
    api.answer(
        "/stage/api/v1/analyze?x=1",
        Answer(status=202, body=b'{"taskId": 1}', headers={"Content-Type": "application/json"}),
    )
    film = bytes(range(256)) * 24_000  # 6.1 MB
    answer = requests.post(
        f"{page.url}/api/v1/analyze?x=1", data=film, timeout=10,
        headers={"Content-Type": "multipart/form-data; boundary=b", "Idempotency-Key": "k"},
    )  # fmt: skip
    assert (answer.status_code, answer.json()) == (202, {"taskId": 1})
    (received,) = api.received
    assert received.body == film
    assert received.headers["Idempotency-Key"] == "k"
    assert received.headers["Content-Type"] == "multipart/form-data; boundary=b"


def test_redirects_are_the_browsers(page, api):
    api.answer("/stage/api/v1/task/1/result", Answer(302, headers={"Location": "http://a.test/"}))
    answer = get(page, "/api/v1/task/1/result", allow_redirects=False)
    assert (answer.status_code, answer.headers["Location"]) == (302, "http://a.test/")


@pytest.mark.parametrize("path", ["/health", "/openapi.json", "/docs", "/api/v1/health"])
def test_what_belongs_to_the_api(page, api, path):
    assert get(page, path).status_code == 200
    assert api.received[-1].path == f"/stage{path}"


def test_an_api_that_does_not_answer():
    with PageServer(PageSettings("http://127.0.0.1:9")) as page:
        answer = get(page, "/api/v1/tasks")
    assert (answer.status_code, answer.json()["code"]) == (503, 10010)


def test_what_is_too_large_for_any_request(page, api):
    connection = http.client.HTTPConnection(*page.url.removeprefix("http://").split(":"))
    connection.putrequest("POST", "/api/v1/analyze")
    connection.putheader("Content-Length", str(MAX_BODY_BYTES + 1))
    connection.endheaders()
    answer = connection.getresponse()
    assert answer.status == 413
    assert json.loads(answer.read())["code"] == 10004
    connection.close()
    assert api.received == []


def test_a_foreign_name_for_this_machine_is_refused(page, api):
    answer = get(page, "/api/v1/tasks", headers={"Host": "evil.test"})
    assert answer.status_code == 403
    assert api.received == []


def test_only_reading_is_served_of_the_page_itself(page):
    assert requests.post(page.url, timeout=10).status_code == 405


def test_a_taken_port_is_said(page):
    port = int(page.url.rpartition(":")[2])
    with pytest.raises(CloudError, match="--page-port"):
        PageServer(PageSettings("http://127.0.0.1:9", port=port))
