"""Who asks: by the token that came with the request, or as the gateway has found out.

::

    token     Authorization: Bearer xray_<client>_<random>     looked up by the client's name
    AWS_IAM   the gateway has checked a signature              the identity is the client
    local     nobody is asked: everybody is the local client   on a local cloud only
"""

from enum import StrEnum
from typing import NamedTuple

from service.caller import Caller
from service.clients import Client, named_by
from service.ports import ClientStore, Clock

LOCAL_CLIENT = "local"


class AuthMode(StrEnum):
    """How clients show who they are; the names that the template knows."""

    TOKEN = "token"  # noqa: S105  # nosec B105 - a mode
    AWS_IAM = "AWS_IAM"
    LOCAL = "local"


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
