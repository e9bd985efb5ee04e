"""Whose a request is, as the gateway says."""

import hashlib
from collections.abc import Mapping
from typing import Any, NamedTuple, Self

from service.errors import NotAuthenticated

BY_IDENTITY = "iam-"  # how the names of those begin who sign their requests


def name_of_identity(arn: str) -> str:
    """The client that an identity of AWS is, for those who sign their requests instead.

    Args:
        arn: Of the caller; whoever has assumed a role is the same client in every session.
    """
    kind, *rest = arn.split("/")
    if kind.endswith(":assumed-role"):
        rest = rest[:1]
    identity = "/".join([kind, *rest])
    # A digest, since an identity may be longer than a name and hold what a key must not.
    return BY_IDENTITY + hashlib.sha256(identity.encode()).hexdigest()[:24]


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
