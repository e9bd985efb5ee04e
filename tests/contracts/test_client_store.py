"""What every ClientStore does."""

from datetime import timedelta

import pytest

from service.clients import Client, new_token
from service.ports import ClientStore, NameTaken, VersionConflict
from tests.fakes import START


def a_client(name: str = "clinic") -> Client:
    return Client(client=name, tasks_per_minute=60, created_at=START)


def test_what_is_added_is_read(clients: ClientStore[Client]) -> None:
    rotated = a_client()
    for _ in range(2):
        rotated = rotated.token_rotated(new_token("clinic"), START, timedelta(hours=1))
    for client in (rotated, a_client("other").removed(START)):
        clients.add(client)
        assert clients.get(client.client) == client


def test_nobody_is_none(clients: ClientStore[Client]) -> None:
    assert clients.get("clinic") is None
    assert clients.all() == []


def test_a_name_is_given_once(clients: ClientStore[Client]) -> None:
    clients.add(a_client())
    clients.save(a_client().removed(START))
    with pytest.raises(NameTaken):
        clients.add(a_client())


def test_a_save_counts_and_is_read(clients: ClientStore[Client]) -> None:
    clients.add(client := a_client())
    saved = clients.save(client.removed(START))
    assert saved.version == client.version + 1
    assert clients.get("clinic") == saved


def test_a_save_over_another_is_refused(clients: ClientStore[Client]) -> None:
    clients.add(client := a_client())
    saved = clients.save(client.removed(START))
    with pytest.raises(VersionConflict):
        clients.save(client)
    with pytest.raises(VersionConflict):
        clients.save(a_client("nobody"))
    assert clients.get("clinic") == saved


def test_all_are_listed_by_name(clients: ClientStore[Client]) -> None:
    for name in ("b", "c", "a"):
        clients.add(a_client(name))
    assert [client.client for client in clients.all()] == ["a", "b", "c"]
