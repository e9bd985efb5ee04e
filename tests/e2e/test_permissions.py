"""A permission that is missing fails the service: taken away one at a time, and given back.

Roles are enforced on the local cloud, so the other end-to-end tests would notice a statement that
the template loses. The grants of the key are not enforced there: assertions on the template hold
them.
"""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest
import requests

from tests.builders import new_id
from tests.service import Service
from tests.template import statements
from xray.cloud import CloudError
from xray.receiver import Answer

NO_JPEG = b"\xff\xd8\xff and no JPEG"

# What the suite does not take away, and why.
NOT_TAKEN: dict[str | tuple[str, str], str] = {
    ("RecoverFunction", "Tasks"): "asked for only what is due; test_recovery.py has such tasks",
    ("RecoverFunction", "SendAgain"): "likewise",
    ("RecoverFunction", "Outcomes"): "asked for only for films never read; it has one of those too",
    ("RecoverFunction", "Films"): "likewise",
    "DeadLetters": "the trigger uses it, as with ReceiveTasks",
    ("AuthorizeFunction", "Clients"): "everybody may come in here; test_clients.py has tokens",
    "Key": "the local cloud knows no grants of keys",
    "ReceiveTasks": "the trigger uses it, and the local cloud's trigger asks nobody",
    "OwnModels": "there is no bucket of models",
    "MissingFilms": "only a film that is gone asks for it; test_template.py holds it",
    "MissingOutcomes": "only an outcome that is gone asks for it; test_template.py holds it",
}


@contextmanager
def without(service: Service, function: str, sid: str) -> Iterator[None]:
    """The function's role without one of its statements."""
    iam, functions = service.cloud.client("iam"), service.cloud.client("lambda")
    name = service.cloud.outputs[function]
    arn = functions.get_function_configuration(FunctionName=name)["Role"]
    role = arn.rpartition("/")[2]
    [policy] = iam.list_role_policies(RoleName=role)["PolicyNames"]
    put = {"RoleName": role, "PolicyName": policy}
    whole = iam.get_role_policy(**put)["PolicyDocument"]
    less = {**whole, "Statement": [s for s in whole["Statement"] if s["Sid"] != sid]}
    assert len(less["Statement"]) == len(whole["Statement"]) - 1
    iam.put_role_policy(**put, PolicyDocument=json.dumps(less))
    try:
        yield
    finally:
        iam.put_role_policy(**put, PolicyDocument=json.dumps(whole))


def posted(service: Service) -> bool:
    return service.post(service.fields(new_id()), NO_JPEG).status_code == 202


def tried(service: Service) -> bool:
    body = {"callbackUrl": service.receiver.url("/trial")}
    return service.request("POST", "/api/v1/callbacks/test", json=body).status_code == 200


def listed(service: Service) -> bool:
    return service.request("GET", "/api/v1/tasks").status_code == 200


def uploaded(service: Service) -> bool:
    """Whether the form that submit hands out may be used: it has the rights of submit's role."""
    size = len(NO_JPEG)
    body = {"contentType": "image/jpeg", "size": size}
    form = service.request("POST", "/api/v1/uploads", json=body).json()
    files = {"file": NO_JPEG}
    sent = requests.post(form["url"], data=form["fields"], files=files, timeout=10).ok
    fields = service.fields(new_id()) | {"uploadId": form["uploadId"]}
    return sent and service.request("POST", "/api/v1/analyze", json=fields).status_code == 202


def fetched(service: Service) -> bool:
    """Whether a result may be fetched by its link."""
    task_id = new_id()
    assert service.post(service.fields(task_id), NO_JPEG).status_code == 202
    service.callback(task_id)
    return service.request("GET", f"/api/v1/task/{task_id}/result").ok


def swept(service: Service) -> bool:
    try:
        service.cloud.sweep()
    except CloudError:
        return False
    return True


def part_up(part: str) -> Callable[[Service], bool]:
    def up(service: Service) -> bool:
        parts = service.request("GET", "/health").json()["parts"]
        return bool(parts[part]["state"] == "up")

    return up


def complaints(service: Service) -> int:
    """How often a function's log says that it was refused, or had to leave it to the sweeper."""
    texts = [log.read_text(errors="replace") for log in service.cloud.log.glob("*.log")]
    return sum(text.count("AccessDenied") + text.count("the sweeper will") for text in texts)


def delivered(service: Service, posts: int = 1) -> bool:
    """Whether a film comes back without a complaint of any function."""
    task_id, before = new_id(), complaints(service)
    service.answer(task_id, *[500] * (posts - 1), 200)
    assert service.post(service.fields(task_id), NO_JPEG).status_code == 202
    service.wait_until(lambda: len(service.posts(task_id)) == posts or complaints(service) > before)
    return complaints(service) == before


def delivered_again(service: Service) -> bool:
    """Whether a second attempt to deliver follows the first."""
    return delivered(service, posts=2)


def fetched_again(service: Service) -> bool:
    """Whether a second try to fetch a film follows the first."""
    task_id, before = new_id(), complaints(service)
    service.receiver.answer(path := f"/films/{task_id}", Answer(status=503), Answer(body=NO_JPEG))
    fields = service.fields(task_id) | {"imageUrl": service.receiver.url(path)}
    assert service.request("POST", "/api/v1/analyze", json=fields).status_code == 202
    service.wait_until(lambda: bool(service.posts(task_id)) or complaints(service) > before)
    return complaints(service) == before


SHOWN_BY: dict[tuple[str, str], Callable[[Service], bool]] = {
    ("SubmitFunction", "Films"): posted,
    ("SubmitFunction", "Uploads"): uploaded,
    ("SubmitFunction", "Outcomes"): fetched,
    ("SubmitFunction", "BucketHealth"): part_up("storage"),
    ("SubmitFunction", "Tasks"): posted,
    ("SubmitFunction", "Quotas"): posted,
    ("SubmitFunction", "Trials"): tried,
    ("SubmitFunction", "OldestUnreadAndLists"): listed,
    ("SubmitFunction", "SendTasks"): part_up("taskQueue"),
    ("SubmitFunction", "SendResults"): part_up("resultQueue"),
    ("InferFunction", "Films"): delivered,
    ("InferFunction", "Outcomes"): delivered,
    ("InferFunction", "Tasks"): delivered,
    ("InferFunction", "SendResults"): delivered,
    ("InferFunction", "FetchAgain"): fetched_again,
    ("CallbackFunction", "Outcomes"): delivered,
    ("CallbackFunction", "Secrets"): delivered,
    ("CallbackFunction", "Tasks"): delivered,
    ("CallbackFunction", "Results"): delivered_again,
    ("RecoverFunction", "DueTasks"): swept,
}


@pytest.mark.parametrize(("function", "sid"), SHOWN_BY)
def test_a_missing_permission_is_felt(service: Service, function: str, sid: str) -> None:
    works = SHOWN_BY[function, sid]
    assert works(service)
    with without(service, function, sid):
        assert not works(service)


def test_no_statement_is_forgotten() -> None:
    granted = {
        (role.removesuffix("Role"), statement.get("Sid"))
        for role, statement in statements()
        if role.removesuffix("Role").endswith("Function")
    }
    forgotten = {pair for pair in granted - set(SHOWN_BY) if not {pair, pair[1]} & set(NOT_TAKEN)}
    assert forgotten == set()
