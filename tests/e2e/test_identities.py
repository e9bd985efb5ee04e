"""``AuthMode=AWS_IAM``: clients are identities of AWS and sign their requests with SigV4.

The local cloud checks signatures, and what an identity's policies let it invoke, as AWS does.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest
import requests
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from standardwebhooks import Webhook
from typer.testing import CliRunner

from service.caller import name_of_identity
from tests.builders import form_body, new_id
from tests.stack import load_function
from tests.template import ROOT
from xray.cli import app
from xray.cloud import CloudSettings, LocalCloud
from xray.cloud.emulator import REGION
from xray.cloud.local import STACK
from xray.project import LOCAL_PARAMETERS
from xray.receiver import Received, Receiver

NO_JPEG = b"\xff\xd8\xff and no JPEG"  # ends in a callback with an error, and soon


@dataclass(frozen=True)
class Identity:
    """Somebody with, or without, keys of AWS before the service."""

    cloud: LocalCloud
    receiver: Receiver
    arn: str = ""
    keys: Credentials | None = None

    def request(
        self, method: str, path: str, body: bytes = b"", headers: dict[str, str] | None = None
    ) -> requests.Response:
        url = self.cloud.api_url + path
        request = AWSRequest(method, url, data=body, headers=headers or {})
        if self.keys:
            SigV4Auth(self.keys, "execute-api", REGION).add_auth(request)
        return requests.request(
            method, url, data=body, headers=dict(request.headers), timeout=60, allow_redirects=False
        )

    def post(self, task_id: str, film: bytes = NO_JPEG) -> requests.Response:
        url = self.receiver.url(f"/{task_id}")
        fields = {"taskId": task_id, "taskType": "ceph", "callbackUrl": url}
        content_type, body = form_body(fields, film)
        return self.request("POST", "/api/v1/analyze", body, {"Content-Type": content_type})

    def callback(self, task_id: str) -> Received:
        [received] = self.receiver.wait(f"/{task_id}", timeout_s=120)
        return received


@pytest.fixture(scope="module")
def nobody() -> Iterator[Identity]:
    """The service that asks for signatures, and nobody in particular before it."""
    parameters = LOCAL_PARAMETERS | {"AuthMode": "AWS_IAM"}
    with Receiver() as receiver, LocalCloud(CloudSettings(ROOT, parameters, warm=2)) as cloud:
        yield Identity(cloud, receiver)


def user(nobody: Identity, name: str, *allowed: str) -> Identity:
    """A user of AWS who may make these calls, as ``stage/METHOD/path``."""
    iam = nobody.cloud.client("iam")
    arn = iam.create_user(UserName=name)["User"]["Arn"]
    api = f"arn:aws:execute-api:{REGION}:*:{nobody.cloud.outputs['ApiId']}"
    if allowed:
        statement = {
            "Effect": "Allow",
            "Action": "execute-api:Invoke",
            "Resource": [f"{api}/{one}" for one in allowed],
        }
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        iam.put_user_policy(UserName=name, PolicyName="call", PolicyDocument=policy)
    key = iam.create_access_key(UserName=name)["AccessKey"]
    keys = Credentials(key["AccessKeyId"], key["SecretAccessKey"])
    return Identity(nobody.cloud, nobody.receiver, arn, keys)


@pytest.fixture(scope="module")
def clinic(nobody: Identity) -> Identity:
    return user(nobody, "clinic", "*")


@pytest.fixture(scope="module")
def rival(nobody: Identity) -> Identity:
    return user(nobody, "rival", "*")


def refused(answer: requests.Response) -> tuple[int, int]:
    body: dict[str, Any] = answer.json()
    assert set(body) == {"code", "message", "detail", "requestId"}
    return answer.status_code, body["code"]


def test_an_unsigned_request_is_answered_like_an_unknown_path(nobody: Identity) -> None:
    task_id = new_id()
    for operation in load_function("submit").http.operations:
        answer = nobody.request(operation.method, operation.path.replace("{taskId}", task_id))
        if operation.public:
            assert answer.status_code == 200, operation.path
        else:
            assert refused(answer) == (404, 10006), operation.path
            assert "not signed" in answer.json()["detail"]
    unsigned, unknown = nobody.post(task_id), nobody.request("GET", "/api/v1/no-such-path")
    assert refused(unsigned) == refused(unknown) == (404, 10006)
    assert unsigned.json()["detail"] == unknown.json()["detail"]


def test_a_wrong_signature_opens_nothing(clinic: Identity) -> None:
    assert clinic.keys
    forged = Credentials(clinic.keys.access_key, "a" * 40)
    stranger = Credentials("AKIAAAAAAAAAAAAAAAAA", "a" * 40)
    # The gateway has words of its own for a wrong signature, and none for a key that nobody has.
    for keys, code in ((forged, 10007), (stranger, 10001)):
        answer = Identity(clinic.cloud, clinic.receiver, "", keys).request("GET", "/api/v1/tasks")
        assert refused(answer) == (403, code)


def test_a_film_of_an_identity_is_read_and_is_its_alone(
    clinic: Identity, rival: Identity, film: bytes
) -> None:
    task_id = new_id()
    answer = clinic.post(task_id, film)
    assert (answer.status_code, answer.json()["taskId"]) == (202, task_id)
    callback = clinic.callback(task_id)
    assert len(json.loads(callback.body)["data"]["landmarks"]) == 19
    assert "webhook-signature" not in {name.lower() for name in callback.headers}
    assert clinic.request("GET", f"/api/v1/task/{task_id}").json()["status"] == "completed"
    for operation in load_function("submit").http.operations:
        if "{taskId}" in operation.path:
            path = operation.path.replace("{taskId}", task_id)
            assert refused(rival.request(operation.method, path)) == (404, 10006), operation.path
    assert rival.request("GET", "/api/v1/tasks").json()["tasks"] == []
    # The same taskId is another task of another identity.
    assert rival.post(task_id).status_code == 202


def test_the_callbacks_of_an_identity_with_a_secret_are_signed(
    clinic: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in clinic.cloud.environment.items():
        monkeypatch.setenv(name, value)
    shown = CliRunner().invoke(app, ["client", "identity", clinic.arn, "--stack", STACK]).stdout
    given = dict(line.split() for line in shown.splitlines())
    assert given["client"] == name_of_identity(clinic.arn)
    task_id = new_id()
    assert clinic.post(task_id).status_code == 202
    callback = clinic.callback(task_id)
    assert Webhook(given["secret"]).verify(callback.body, dict(callback.headers))


def test_policies_say_who_may_call_what(nobody: Identity) -> None:
    # Only the status: what a policy refuses, the local cloud says in words of its own. Those of the
    # template (ACCESS_DENIED) are looked at by tests/unit/test_template.py.
    outsider = user(nobody, "outsider")
    assert outsider.request("GET", "/api/v1/tasks").status_code == 403
    reader = user(nobody, "reader", "*/GET/*")
    assert reader.request("GET", "/api/v1/tasks").status_code == 200
    assert reader.post(new_id()).status_code == 403


def test_a_role_is_the_same_client_in_every_session(nobody: Identity) -> None:
    iam, sts = nobody.cloud.client("iam"), nobody.cloud.client("sts")
    anybody = {"Effect": "Allow", "Principal": {"AWS": "*"}, "Action": "sts:AssumeRole"}
    invoke = {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"}
    document = {"Version": "2012-10-17"}
    role = iam.create_role(
        RoleName="backend",
        AssumeRolePolicyDocument=json.dumps(document | {"Statement": [anybody]}),
    )["Role"]["Arn"]
    policy = json.dumps(document | {"Statement": [invoke]})
    iam.put_role_policy(RoleName="backend", PolicyName="call", PolicyDocument=policy)
    sessions = []
    for name in ("monday", "tuesday"):
        given = sts.assume_role(RoleArn=role, RoleSessionName=name)["Credentials"]
        keys = Credentials(given["AccessKeyId"], given["SecretAccessKey"], given["SessionToken"])
        sessions.append(Identity(nobody.cloud, nobody.receiver, role, keys))
    task_id = new_id()
    assert sessions[0].post(task_id).status_code == 202
    sessions[0].callback(task_id)
    assert sessions[1].request("GET", f"/api/v1/task/{task_id}").status_code == 200
