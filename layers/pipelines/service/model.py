"""What every model of the service is built on."""

import threading
from typing import Any

from pydantic import BaseModel, ConfigDict

_BUILDING = threading.RLock()


class Model(BaseModel):
    """A model that is built when it is first used: a process needs few of all that it imports."""

    model_config = ConfigDict(defer_build=True)

    @classmethod
    def model_rebuild(cls, **options: Any) -> bool | None:
        """Build it, which pydantic asks for with the first use.

        Args:
            options: As of pydantic.
        """
        # In one thread at a time: pydantic takes away what another has just built, and until it has
        # built it anew that thread would validate by the parent's rules.
        with _BUILDING:
            return super().model_rebuild(**options)
