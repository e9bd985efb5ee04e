"""Who asks: by the token that came with the request, or as the gateway has found out.

::

    token     Authorization: Bearer xray_<client>_<random>     looked up by the client's name
    AWS_IAM   the gateway has checked a signature              the identity is the client
    local     nobody is asked: everybody is the local client   on a local cloud only
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, NamedTuple, Self

from service.clients import Client, name_of_identity, named_by
from service.errors import NotAuthenticated
from service.ports import ClientStore, Clock

LOCAL_CLIENT = "local"


class AuthMode(StrEnum):
    """How clients show who they are; the names that the template knows."""

    TOKEN = "token"  # noqa: S105  # nosec B105 - a mode
    AWS_IAM = "AWS_IAM"
    LOCAL = "local"


class Caller(NamedTuple):
    """Who asks.

    Attributes:
        client: Whose tasks these are.
        tasks_per_minute: The client's own quota; ``None`` for whoever has none of its own.
    """

    client: str
    tasks_per_minute: int | None = None

    def as_context(self) -> dict[str, Any]:
        """What the gateway hands on with the request."""
        quota = {} if self.tasks_per_minute is None else {"tasksPerMinute": self.tasks_per_minute}
        return {"client": self.client} | quota

    @classmethod
    def of_request(cls, context: Mapping[str, Any]) -> Self:
        """Who asks, as the gateway says.

        Args:
            context: The event's ``requestContext``; nothing in it can come from the client itself.

        Raises:
            NotAuthenticated: The gateway let the request pass without finding out.
        """
        found = context.get("authorizer") or {}
        if found.get("client"):
            quota = found.get("tasksPerMinute")  # a text: the gateway makes one of every value
            return cls(found["client"], int(quota) if quota else None)
        arn = (context.get("identity") or {}).get("userArn")
        if arn:
            return cls(name_of_identity(arn))
        raise NotAuthenticated("nobody has said who asks")


class Authorize(NamedTuple):
    """The use case with what it needs."""

    mode: AuthMode
    clients: ClientStore[Client]
    clock: Clock

    def __call__(self, authorization: str) -> Caller | None:
        """Find out whose token this is.

        Args:
            authorization: The header.

        Returns:
            Who asks; ``None`` if the token opens nothing.

        Raises:
            Unavailable: The clients cannot be read.
        """
        if self.mode is AuthMode.LOCAL:
            return Caller(LOCAL_CLIENT)
        scheme, _, token = authorization.partition(" ")
        name = named_by(token.strip())
        if scheme.lower() != "bearer" or name is None:
            return None
        client = self.clients.get(name)
        if client is None or not client.admits(token.strip(), self.clock.now()):
            return None
        return Caller(client.client, client.tasks_per_minute)
