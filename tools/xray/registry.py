"""The clients of a deployed service, as its operator keeps them."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from service.adapters.clients import DynamoClientStore
from service.clients import Client, check_name, new_token
from service.ports import NameTaken
from service.webhook_secrets import WebhookSecrets, new_secret

ClientOf = Callable[[str], Any]


class NoSuchClient(Exception):
    """Nobody is called so."""


@dataclass(frozen=True)
class Credentials:
    """What a client is given, once: nobody can read the token again."""

    token: str
    secret: str


class Registry:
    """Adds clients, rotates what they hold, removes them."""

    def __init__(self, client_of: ClientOf, outputs: Mapping[str, str]) -> None:
        """Remember the tables.

        Args:
            client_of: Gives the boto3 client of a service.
            outputs: Of the stack; they name the tables.
        """
        dynamodb = client_of("dynamodb")
        self._clients = DynamoClientStore(dynamodb, outputs["ClientTable"], Client)
        self._secrets = DynamoClientStore(dynamodb, outputs["WebhookSecretTable"], WebhookSecrets)

    def add(self, name: str, tasks_per_minute: int) -> Credentials:
        """Let a new client in.

        Args:
            name: Never used before.
            tasks_per_minute: Its quota.

        Raises:
            InvalidName: Nobody can be called so.
            NameTaken: Somebody is, or was, called so.
        """
        now = datetime.now(UTC)
        new = Client(client=check_name(name), tasks_per_minute=tasks_per_minute, created_at=now)
        if self._clients.get(name) is not None:
            raise NameTaken(name)
        # The secret first: no callback of a client that can post goes out unsigned.
        secret, token = self.rotate_secret(name, timedelta()), new_token(name)
        self._clients.add(new.token_rotated(token, now, timedelta()))
        return Credentials(token, secret)

    def rotate_token(self, name: str, overlap: timedelta) -> str:
        """Give a client a new token.

        Args:
            name: Whose.
            overlap: How long the old one opens too.

        Raises:
            NoSuchClient: Nobody is called so.
            ClientRemoved: The client is no more.
        """
        token = new_token(name)
        self._clients.save(self._find(name).token_rotated(token, datetime.now(UTC), overlap))
        return token

    def rotate_secret(self, name: str, overlap: timedelta) -> str:
        """Give a client, or an identity of AWS, a new secret; its first one too.

        Args:
            name: Whose.
            overlap: How long callbacks are signed with the old one too.
        """
        secret, held = new_secret(), self._secrets.get(name)
        following = (held or WebhookSecrets(client=name)).rotated(
            secret, datetime.now(UTC), overlap
        )
        if held is None:
            self._secrets.add(following)
        else:
            self._secrets.save(following)
        return secret

    def remove(self, name: str) -> None:
        """Let a client in no more; what was accepted is read, delivered and signed all the same.

        Raises:
            NoSuchClient: Nobody is called so.
        """
        self._clients.save(self._find(name).removed(datetime.now(UTC)))

    def all(self) -> list[Client]:
        """Every client that is or was, by name."""
        return self._clients.all()

    def _find(self, name: str) -> Client:
        client = self._clients.get(name)
        if client is None:
            raise NoSuchClient(name)
        return client
