"""``xray client``: the operator's commands, over moto with the tables of the template."""

from collections.abc import Iterator
from datetime import UTC, datetime

import boto3
import pytest
from moto import mock_aws
from typer.testing import CliRunner, Result

from service.adapters.clients import DynamoClientStore
from service.caller import name_of_identity
from service.clients import Client
from service.webhook_secrets import WebhookSecrets
from tests.stack import create_table
from xray import client_commands
from xray.cli import app

TABLES = {"ClientTable": Client, "WebhookSecretTable": WebhookSecrets}


@pytest.fixture
def stores(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, DynamoClientStore]]:
    """The tables of a deployed stack named ``clinic-stack``."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.setenv("XRAY_STACK", "clinic-stack")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        dynamodb = boto3.client("dynamodb")
        for name in TABLES:
            create_table(dynamodb, name.lower(), name)
        outputs = {name: name.lower() for name in TABLES}
        # What CloudFormation answers is asked of a deployed stack: tests/e2e/test_clients.py.
        monkeypatch.setattr(client_commands, "_outputs", lambda *_: outputs)
        yield {n: DynamoClientStore(dynamodb, n.lower(), kind) for n, kind in TABLES.items()}


def xray(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["client", *arguments])


def shown(result: Result) -> dict[str, str]:
    assert result.exit_code == 0, result.stderr
    return dict(line.split() for line in result.stdout.splitlines())


def test_an_added_client_is_shown_its_credentials_once(stores) -> None:
    given = shown(xray("add", "clinic", "--tasks-per-minute", "7"))
    client = stores["ClientTable"].get("clinic")
    assert client.tasks_per_minute == 7
    assert client.admits(given["token"], datetime.now(UTC))
    assert stores["WebhookSecretTable"].get("clinic").good(datetime.now(UTC)) == (given["secret"],)
    listed = xray("list").stdout
    assert "clinic" in listed
    assert given["token"] not in listed
    assert given["secret"] not in listed


def test_what_is_rotated_overlaps_unless_told_otherwise(stores) -> None:
    old = shown(xray("add", "clinic"))
    new = shown(xray("rotate", "clinic", "--token", "--secret"))
    now = datetime.now(UTC)
    client = stores["ClientTable"].get("clinic")
    assert [client.admits(one["token"], now) for one in (old, new)] == [True, True]
    assert stores["WebhookSecretTable"].get("clinic").good(now) == (new["secret"], old["secret"])
    last = shown(xray("rotate", "clinic", "--token", "--overlap", "0"))
    assert set(last) == {"token"}
    client = stores["ClientTable"].get("clinic")
    assert [client.admits(one["token"], now) for one in (old, new, last)] == [False, False, True]


def test_a_removed_client_is_final_and_its_callbacks_stay_signed(stores) -> None:
    given = shown(xray("add", "clinic"))
    assert xray("remove", "clinic").exit_code == 0
    now = datetime.now(UTC)
    assert not stores["ClientTable"].get("clinic").admits(given["token"], now)
    assert stores["WebhookSecretTable"].get("clinic").good(now) == (given["secret"],)
    for again in (("add", "clinic"), ("rotate", "clinic", "--token")):
        result = xray(*again)
        assert result.exit_code == 1
        assert "clinic" in result.stderr
    assert str(now.year) in xray("list").stdout


def test_an_identity_of_aws_gets_a_secret(stores) -> None:
    arn = "arn:aws:iam::123456789012:user/clinic"
    given = shown(xray("identity", arn))
    assert given["client"] == name_of_identity(arn)
    held = stores["WebhookSecretTable"].get(given["client"])
    assert held.good(datetime.now(UTC)) == (given["secret"],)


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("add", "No Name"), "a name has 1 to 32"),
        (("rotate", "nobody", "--token"), "no client is called nobody"),
        (("rotate", "nobody"), "say what: --token, --secret, or both"),
        (("remove", "nobody"), "no client is called nobody"),
    ],
)
def test_what_cannot_be_done_is_told_in_one_line(stores, arguments, text) -> None:
    result = xray(*arguments)
    assert result.exit_code == 1
    assert text in result.stderr
    assert result.stdout == ""
    assert stores["ClientTable"].all() == []
