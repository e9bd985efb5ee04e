"""The settings of every function that has to do with films and with addresses of clients."""

from typing import Annotated

from pydantic import BeforeValidator, Field

from service.addresses import AddressPolicy, Reach
from service.settings.films import FilmSettings


def _ports(value: object) -> object:
    if isinstance(value, str):
        return frozenset(int(port) for port in value.split(","))
    return value


Ports = Annotated[frozenset[int], BeforeValidator(_ports), Field(min_length=1)]


class CallingSettings(FilmSettings):
    """What every function needs that calls clients, or accepts their addresses."""

    callback_reach: Reach
    callback_ports: Ports

    @property
    def addresses(self) -> AddressPolicy:
        """Which addresses of clients may be called."""
        return AddressPolicy(self.callback_reach, self.callback_ports)
