"""Two clients of one service that asks for tokens: over HTTP, through the gateway's authorizer."""

import json
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import pytest
import requests
from standardwebhooks import Webhook, WebhookVerificationError
from typer.testing import CliRunner, Result

from tests.builders import form_body, new_id
from tests.stack import load_function
from tests.template import ROOT
from xray.cli import app
from xray.cloud import CloudSettings, LocalCloud
from xray.cloud.local import STACK
from xray.project import LOCAL_PARAMETERS
from xray.receiver import Receiver
from xray.registry import Registry

NO_JPEG = b"\xff\xd8\xff and no JPEG"  # ends in a callback with an error, and soon


@dataclass(frozen=True)
class Caller:
    """Somebody at the door."""

    cloud: LocalCloud
    receiver: Receiver
    headers: dict[str, str] = field(default_factory=dict)
    secret: str = ""

    def request(self, method: str, path: str, **more: Any) -> requests.Response:
        headers = self.headers | more.pop("headers", {})
        return requests.request(
            method, self.cloud.api_url + path, headers=headers, timeout=60, **more
        )

    def post(self, task_id: str) -> requests.Response:
        url = self.receiver.url(f"/{task_id}/{self.headers.get('Authorization', '')[-9:]}")
        fields = {"taskId": task_id, "taskType": "ceph", "callbackUrl": url}
        content_type, body = form_body(fields, NO_JPEG)
        headers = {"Content-Type": content_type}
        return self.request("POST", "/api/v1/analyze", data=body, headers=headers)


@pytest.fixture(scope="module")
def closed() -> Iterator[Caller]:
    """The service with a door, and nobody in particular before it."""
    parameters = LOCAL_PARAMETERS | {"AuthMode": "token"}
    with Receiver() as receiver, LocalCloud(CloudSettings(ROOT, parameters, warm=2)) as cloud:
        yield Caller(cloud, receiver)


@pytest.fixture(scope="module")
def registry(closed: Caller) -> Registry:
    return Registry(closed.cloud.client, closed.cloud.outputs)


def client(closed: Caller, registry: Registry, name: str) -> Caller:
    given = registry.add(name, 1000)
    headers = {"Authorization": f"Bearer {given.token}"}
    return Caller(closed.cloud, closed.receiver, headers, given.secret)


@pytest.fixture(scope="module")
def clinic(closed: Caller, registry: Registry) -> Caller:
    return client(closed, registry, "clinic")


@pytest.fixture(scope="module")
def rival(closed: Caller, registry: Registry) -> Caller:
    return client(closed, registry, "rival")


def refused(answer: requests.Response) -> tuple[int, int]:
    body = answer.json()
    assert set(body) == {"code", "message", "detail", "requestId"}
    return answer.status_code, body["code"]


def test_without_a_token_nothing_but_the_open_routes_answers(closed: Caller) -> None:
    task_id = new_id()
    for operation in load_function("submit").http.operations:
        answer = closed.request(operation.method, operation.path.replace("{taskId}", task_id))
        if operation.public:
            assert answer.status_code == 200, operation.path
        else:
            assert refused(answer) == (401, 10007), operation.path
            assert answer.headers["WWW-Authenticate"] == "Bearer"
    assert refused(closed.post(task_id)) == (401, 10007)


@pytest.mark.parametrize("authorization", ["Bearer xray_clinic_wrong", "Basic eDp5", "x"])
def test_a_wrong_token_opens_nothing(closed: Caller, clinic: Caller, authorization: str) -> None:
    answer = closed.request("GET", "/api/v1/tasks", headers={"Authorization": authorization})
    assert refused(answer) == (403, 10007)
    longer = {"Authorization": clinic.headers["Authorization"] + "A"}
    assert refused(closed.request("GET", "/api/v1/tasks", headers=longer)) == (403, 10007)


def test_a_task_is_its_clients_alone(closed: Caller, clinic: Caller, rival: Caller) -> None:
    task_id = new_id()
    assert clinic.post(task_id).status_code == 202
    for operation in load_function("submit").http.operations:
        if "{taskId}" in operation.path:
            path = operation.path.replace("{taskId}", task_id)
            answer = rival.request(operation.method, path, allow_redirects=False)
            assert refused(answer) == (404, 10006), operation.path
    assert rival.request("GET", "/api/v1/tasks").json()["tasks"] == []
    assert [t["taskId"] for t in clinic.request("GET", "/api/v1/tasks").json()["tasks"]] == [
        task_id
    ]
    # The same taskId is another task of another client, and each callback has its own signature.
    assert rival.post(task_id).status_code == 202
    for mine, other in ((clinic, rival), (rival, clinic)):
        path = f"/{task_id}/{mine.headers['Authorization'][-9:]}"
        [callback] = closed.receiver.wait(path)
        headers = dict(callback.headers)
        assert Webhook(mine.secret).verify(callback.body, headers) == json.loads(callback.body)
        with pytest.raises(WebhookVerificationError):
            Webhook(other.secret).verify(callback.body, headers)


def test_an_upload_is_its_clients_alone(clinic: Caller, rival: Caller) -> None:
    announced = {"contentType": "image/jpeg", "size": len(NO_JPEG)}
    form = clinic.request("POST", "/api/v1/uploads", json=announced).json()
    requests.post(form["url"], data=form["fields"], files={"file": NO_JPEG}, timeout=30)
    fields = {"taskType": "ceph", "callbackUrl": clinic.receiver.url("/x")}
    answer = rival.request("POST", "/api/v1/analyze", json=fields | {"uploadId": form["uploadId"]})
    assert refused(answer) == (400, 10001)
    answer = clinic.request("POST", "/api/v1/analyze", json=fields | {"uploadId": form["uploadId"]})
    assert answer.status_code == 202


def test_while_token_and_secret_are_rotated_old_and_new_are_good(
    closed: Caller, registry: Registry
) -> None:
    old = client(closed, registry, "rotating")
    token = registry.rotate_token("rotating", timedelta(hours=1))
    secret = registry.rotate_secret("rotating", timedelta(hours=1))
    new = Caller(closed.cloud, closed.receiver, {"Authorization": f"Bearer {token}"}, secret)
    for caller in (old, new):
        task_id = new_id()
        assert caller.post(task_id).status_code == 202
        [callback] = closed.receiver.wait(f"/{task_id}/{caller.headers['Authorization'][-9:]}")
        for one in (old.secret, new.secret):
            Webhook(one).verify(callback.body, dict(callback.headers))


def test_a_removed_client_comes_in_no_more(closed: Caller, registry: Registry) -> None:
    gone = client(closed, registry, "gone")
    registry.remove("gone")
    assert refused(gone.request("GET", "/api/v1/tasks")) == (403, 10007)


def test_an_operator_keeps_the_clients_of_a_deployed_stack(
    closed: Caller, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in closed.cloud.environment.items():
        monkeypatch.setenv(name, value)

    def xray(*arguments: str) -> Result:
        return CliRunner().invoke(app, ["client", *arguments, "--stack", STACK])

    given = dict(line.split() for line in xray("add", "operated").stdout.splitlines())
    headers = {"Authorization": f"Bearer {given['token']}"}
    assert closed.request("GET", "/api/v1/tasks", headers=headers).status_code == 200
    assert "operated" in xray("list").stdout
    wrong = CliRunner().invoke(app, ["client", "list", "--stack", "no-such-stack"])
    assert (wrong.exit_code, "no-such-stack" in wrong.stderr) == (1, True)
