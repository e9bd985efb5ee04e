"""The system's clock."""

from datetime import UTC, datetime


class SystemClock:
    """Tells the time in UTC."""

    def now(self) -> datetime:
        """The time, to the millisecond: what the records keep."""
        now = datetime.now(UTC)
        return now.replace(microsecond=now.microsecond // 1000 * 1000)
