"""What a report says of its teeth, for those who show it; nothing heavy is imported."""

from collections.abc import Mapping
from typing import Any


def statuses(data: Mapping[str, Any] | None) -> dict[int, str]:
    """Tooth → status, of a report that has teeth."""
    return {tooth["id"]: tooth["status"] for tooth in (data or {}).get("teeth") or ()}


def findings(data: Mapping[str, Any] | None) -> list[Mapping[str, Any]]:
    """The findings of a report that say more than the status of their tooth does."""
    known = {f"tooth_{number}": status for number, status in statuses(data).items()}
    return [
        one
        for one in (data or {}).get("diseases") or ()
        if one.get("severity") or one["type"] != known.get(one.get("location"))
    ]
