"""What a client's callbacks are signed with; while it is rotated, two are good."""

import secrets
from base64 import b64encode
from datetime import datetime, timedelta
from typing import Self

from msgspec.structs import replace

from service.client_records import ClientRecord, Expiring, rotated

_SECRET_BYTES = 32  # Standard Webhooks: 24 to 64
_SECRET_PREFIX = "whsec_"  # noqa: S105 - of every secret  # nosec B105


def new_secret() -> str:
    """A secret as Standard Webhooks writes it."""
    return _SECRET_PREFIX + b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


class WebhookSecrets(ClientRecord, frozen=True, kw_only=True):
    """What a client's callbacks are signed with, the newest first."""

    secrets: tuple[Expiring, ...] = ()

    def rotated(self, secret: str, now: datetime, overlap: timedelta) -> Self:
        """A new secret signs, and beside it the one before until ``overlap`` is over."""
        return replace(self, secrets=rotated(self.secrets, secret, now, overlap))

    def good(self, now: datetime) -> tuple[str, ...]:
        """Those that sign now."""
        return tuple(held.value for held in self.secrets if held.good(now))
