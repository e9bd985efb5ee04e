"""The settings of every function that has to do with films and with addresses of clients."""

from typing import Annotated

from msgspec import Meta

from service.addresses import AddressPolicy, Reach
from service.settings.films import FilmSettings


class CallingSettings(FilmSettings, frozen=True, kw_only=True):
    """What every function needs that calls clients, or accepts their addresses."""

    callback_reach: Reach
    callback_ports: Annotated[frozenset[int], Meta(min_length=1)]

    @property
    def addresses(self) -> AddressPolicy:
        """Which addresses of clients may be called."""
        return AddressPolicy(self.callback_reach, self.callback_ports)
