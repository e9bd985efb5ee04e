"""The doorkeeper's handler: what the gateway gets to hear."""

from datetime import timedelta

import pytest

from service.clients import Client, new_token
from tests.fakes import START
from tests.lambda_events import CONTEXT, event

TOKEN = event("authorize/token")["headers"]["Authorization"].removeprefix("Bearer ")
STAGE = "arn:aws:execute-api:us-east-1:000000000000:local/local/*"


@pytest.fixture
def ask(load, stack):
    client = Client(client="clinic", tasks_per_minute=60, created_at=START)
    stack.clients.add(client.token_rotated(TOKEN, START, timedelta()))
    handler = load("authorize").handler

    def ask(name="authorize/token", **headers):
        asked = event(name)
        asked["headers"] |= headers
        answer = handler(asked, CONTEXT)
        [statement] = answer["policyDocument"]["Statement"]
        # A remembered answer counts for every method of the stage.
        assert (statement["Resource"], statement["Action"]) == (STAGE, "execute-api:Invoke")
        return statement["Effect"], answer.get("context")

    return ask


def test_a_token_opens_for_its_client(ask) -> None:
    assert ask() == ("Allow", {"client": "clinic", "tasksPerMinute": 60})
    assert ask(Authorization=f"bearer  {TOKEN}")[0] == "Allow"


@pytest.mark.parametrize(
    "authorization",
    [
        TOKEN,
        f"Basic {TOKEN}",
        "Bearer",
        f"Bearer {TOKEN}x",
        f"Bearer {new_token('clinic')}",
        f"Bearer {new_token('nobody')}",
        "Bearer xray_clinic_",
    ],
)
def test_nothing_else_does(ask, authorization) -> None:
    assert ask(Authorization=authorization) == ("Deny", None)


def test_no_token_opens_nothing(ask) -> None:
    assert ask("authorize/no_token") == ("Deny", None)


def test_a_removed_clients_token_opens_nothing(ask, stack) -> None:
    client = stack.clients.get("clinic")
    stack.clients.save(client.removed(START))
    assert ask() == ("Deny", None)


def test_on_a_local_cloud_everybody_is_the_local_client(ask, monkeypatch, load) -> None:
    monkeypatch.setenv("AUTH_MODE", "local")
    answer = load("authorize").handler(event("authorize/no_token"), CONTEXT)
    assert answer["context"] == {"client": "local"}
    assert answer["policyDocument"]["Statement"][0]["Effect"] == "Allow"


def test_a_table_that_is_down_is_no_denial(load, stack, monkeypatch) -> None:
    """A failure of ours must not be remembered as the client's."""
    monkeypatch.setenv("CLIENT_TABLE", "none")
    with pytest.raises(Exception, match="clients: ResourceNotFoundException"):
        load("authorize").handler(event("authorize/token"), CONTEXT)
