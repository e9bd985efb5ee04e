"""Clients: names, tokens, secrets, and how each is rotated."""

from base64 import b64decode
from datetime import timedelta

import msgspec
import pytest

from service.caller import name_of_identity
from service.clients import Client, ClientRemoved, InvalidName, check_name, named_by, new_token
from service.webhook_secrets import WebhookSecrets, new_secret
from tests.fakes import START

DAY = timedelta(days=1)


def a_client() -> Client:
    return Client(client="clinic", tasks_per_minute=60, created_at=START)


@pytest.mark.parametrize("name", ["a", "clinic", "clinic-2", "a" * 32])
def test_a_token_says_whose_it_is(name: str) -> None:
    assert check_name(name) == name
    token = new_token(name)
    assert named_by(token) == name
    assert new_token(name) != token


@pytest.mark.parametrize(
    "name", ["", "A", "a b", "a#b", "a/b", "a_b", "-a", "a-", "a" * 33, "iam-a", "ä", "a\n"]
)
def test_a_name_that_might_be_read_as_something_else_is_refused(name: str) -> None:
    with pytest.raises(InvalidName):
        check_name(name)


@pytest.mark.parametrize(
    "text", ["", "xray", "xray_clinic_", "xray_clinic_short", "xray_A_" + "x" * 43, "Bearer x"]
)
def test_what_is_no_token_is_nobodys(text: str) -> None:
    assert named_by(text) is None


def test_only_its_own_tokens_open_for_a_client() -> None:
    token = new_token("clinic")
    client = a_client().token_rotated(token, START, timedelta())
    assert client.admits(token, START + 999 * DAY)
    assert not client.admits(new_token("clinic"), START)
    assert not a_client().admits(token, START)


def test_no_token_can_be_read_off_the_record() -> None:
    token = new_token("clinic")
    stored = msgspec.json.encode(a_client().token_rotated(token, START, timedelta())).decode()
    assert token not in stored
    assert token.removeprefix("xray_clinic_") not in stored


def test_a_rotated_token_opens_until_the_overlap_is_over() -> None:
    old, new = new_token("clinic"), new_token("clinic")
    client = a_client().token_rotated(old, START, DAY).token_rotated(new, START, DAY)
    last = START + DAY - timedelta(seconds=1)
    assert client.admits(old, last)
    assert client.admits(new, last)
    assert not client.admits(old, START + DAY)
    assert client.admits(new, START + DAY)


def test_a_token_rotated_without_overlap_opens_no_more() -> None:
    old = new_token("clinic")
    client = a_client().token_rotated(old, START, DAY)
    client = client.token_rotated(new_token("clinic"), START, timedelta())
    assert not client.admits(old, START)


def test_never_more_than_two_tokens_open() -> None:
    client, tokens = a_client(), [new_token("clinic") for _ in range(4)]
    for token in tokens:
        client = client.token_rotated(token, START, DAY)
    assert [client.admits(token, START) for token in tokens] == [False, False, True, True]


def test_a_removed_client_comes_in_no_more() -> None:
    token = new_token("clinic")
    client = a_client().token_rotated(token, START, DAY).removed(START)
    assert not client.admits(token, START)
    assert client.removed(START + DAY).removed_at == START
    with pytest.raises(ClientRemoved):
        client.token_rotated(new_token("clinic"), START, DAY)


def test_a_secret_is_as_standard_webhooks_wants_it() -> None:
    secret = new_secret()
    assert secret.startswith("whsec_")
    assert 24 <= len(b64decode(secret.removeprefix("whsec_"), validate=True)) <= 64
    assert new_secret() != secret


def test_while_a_secret_is_rotated_both_sign() -> None:
    first, second, third = new_secret(), new_secret(), new_secret()
    held = WebhookSecrets(client="clinic").rotated(first, START, DAY)
    assert held.good(START) == (first,)
    held = held.rotated(second, START, DAY)
    assert held.good(START) == (second, first)
    assert held.good(START + DAY) == (second,)
    assert held.rotated(third, START, DAY).good(START) == (third, second)


def test_an_identity_of_aws_is_a_name_that_nobody_can_take() -> None:
    user = "arn:aws:iam::123456789012:user/clinic"
    name = name_of_identity(user)
    assert name.startswith("iam-")
    assert len(name) <= 32
    assert name != name_of_identity(user.replace("123456789012", "123456789013"))
    with pytest.raises(InvalidName):
        check_name(name)


def test_an_assumed_role_is_one_client_in_every_session() -> None:
    role = "arn:aws:sts::123456789012:assumed-role/Clinic/"
    assert name_of_identity(role + "monday") == name_of_identity(role + "tuesday")
    other = name_of_identity("arn:aws:sts::123456789012:assumed-role/Other/monday")
    assert name_of_identity(role + "monday") != other
