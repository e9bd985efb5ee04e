"""A client: with what it comes in, and how much it may ask for.

What a client comes in with and what its callbacks are signed with are two records, so that the
functions that read the one need no right to read the other. Of a token only a digest is kept. While
either is rotated two are good, so that nobody has to change both sides in the same moment.

A client that is removed stays on record: whoever were given its name would find its tasks.
"""

import hashlib
import hmac
import re
import secrets
from datetime import datetime, timedelta
from typing import Annotated, Self

from msgspec import Meta
from msgspec.structs import replace

from service.caller import BY_IDENTITY
from service.client_records import ClientRecord, Expiring, rotated

_NAME = re.compile(r"[a-z0-9]([a-z0-9-]{0,30}[a-z0-9])?")
_TOKEN = re.compile(r"xray_([a-z0-9-]{1,32})_[A-Za-z0-9_-]{43}")


class InvalidName(ValueError):
    """No client can be called so; the text is for a person."""


class ClientRemoved(Exception):
    """The client has been removed, and that is final."""


def check_name(name: str) -> str:
    """A name is part of every key of its client's tasks and films.

    Raises:
        InvalidName: It might be read as something else there.
    """
    if not _NAME.fullmatch(name):
        raise InvalidName("a name has 1 to 32 of a-z, 0-9 and '-', and no '-' at its ends")
    if name.startswith(BY_IDENTITY):
        raise InvalidName(f"names that begin with '{BY_IDENTITY}' belong to identities of AWS")
    return name


def new_token(name: str) -> str:
    """A token of 256 random bits; it says whose it is, so that it is looked up by key."""
    return f"xray_{name}_{secrets.token_urlsafe(32)}"


def named_by(token: str) -> str | None:
    """Whose token it claims to be; ``None`` for what is no token."""
    found = _TOKEN.fullmatch(token)
    return found[1] if found else None


class Client(ClientRecord, frozen=True, kw_only=True):
    """Who may come in.

    Attributes:
        tokens: Digests, the newest first; none once the client is removed.
        tasks_per_minute: Its quota.
        removed_at: When it was removed, if it was.
    """

    tokens: tuple[Expiring, ...] = ()
    tasks_per_minute: Annotated[int, Meta(ge=1)]
    created_at: datetime
    removed_at: datetime | None = None

    def admits(self, token: str, now: datetime) -> bool:
        """Whether a token opens; compared in a time that tells nothing of the right one."""
        digest = _digest(token)
        good = [held.value for held in self.tokens if held.good(now)]
        return any([hmac.compare_digest(value, digest) for value in good])  # noqa: C419 - of all

    def token_rotated(self, token: str, now: datetime, overlap: timedelta) -> Self:
        """A new token opens; the one before it does so too until ``overlap`` is over.

        Raises:
            ClientRemoved: Nobody comes in under this name again.
        """
        if self.removed_at:
            raise ClientRemoved(self.client)
        tokens = rotated(self.tokens, _digest(token), now, overlap)
        return replace(self, tokens=tokens)

    def removed(self, now: datetime) -> Self:
        """Nobody comes in any more; what was accepted is still read and delivered."""
        return replace(self, tokens=(), removed_at=self.removed_at or now)


def _digest(token: str) -> str:
    # One round is enough: there is nothing to guess in 256 random bits.
    return hashlib.sha256(token.encode()).hexdigest()
