"""What the records that are kept of clients have in common."""

from datetime import datetime, timedelta

from msgspec import Struct


class ClientRecord(Struct, frozen=True, kw_only=True):
    """What is kept of a client; ``version`` counts the writes."""

    client: str
    version: int = 0


class Expiring(Struct, frozen=True, kw_only=True):
    """Something that is good until a newer one has taken over; ``None`` for the newest."""

    value: str
    until: datetime | None = None

    def good(self, now: datetime) -> bool:
        """Whether it still counts."""
        return self.until is None or now < self.until


def rotated(
    held: tuple[Expiring, ...], value: str, now: datetime, overlap: timedelta
) -> tuple[Expiring, ...]:
    """The new one first, then the one before it for as long as both are good."""
    before = [Expiring(value=old.value, until=now + overlap) for old in held if old.until is None]
    return (Expiring(value=value), *(old for old in before if old.good(now)))
