"""How the HTTP API tells a time."""

from typing import Annotated

from msgspec import Meta

Time = Annotated[str, Meta(extra_json_schema={"format": "date-time"})]  # as `task.iso` writes it
