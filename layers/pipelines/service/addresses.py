"""Which addresses of clients may be called.

A client names the URL that we call, from inside our network. So it is parsed strictly, in the one
form that every parser reads alike; its name is resolved by us, and the connection goes to an
address that has been looked at. Both are asked again at every attempt: a name may lead elsewhere
tomorrow.
"""

import ipaddress
import re
from collections.abc import Iterable
from enum import StrEnum
from typing import NamedTuple
from urllib.parse import SplitResult, urlsplit

from service.errors import AddressNotAllowed

IpAddress = ipaddress.IPv4Address | ipaddress.IPv6Address

_MAX_URL = 2048
_ALLOWED = re.compile(r"[A-Za-z0-9:/?#\[\]@!$&'()*+,;=%._~-]+")  # RFC 3986, and nothing else
_HOST_NAME = re.compile(r"(?=.{1,253}$)([a-z0-9_]([a-z0-9_-]{0,61}[a-z0-9])?\.)*[a-z0-9_-]{1,63}")
_NUMBER = re.compile(r"[0-9]+|0x[0-9a-f]*")  # a last label that makes a name an address

# Special-purpose registries of IANA (RFC 6890 and later), with what they leave out: multicast,
# deprecated site-local and translation prefixes, and Azure's metadata address. Python's is_global
# passes several of them.
_INTERNAL = tuple(
    ipaddress.ip_network(network)
    for network in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "168.63.129.16/32",
        "169.254.0.0/16", "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24",
        "192.52.193.0/24", "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24",
        "198.18.0.0/15", "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
        "::/96", "::ffff:0:0/96", "::ffff:0:0:0/96", "64:ff9b::/96", "64:ff9b:1::/48",
        "100::/64", "100:0:0:1::/64", "2001::/23", "2001:db8::/32", "2002::/16",
        "2620:4f:8000::/48", "3fff::/20", "5f00::/16", "fc00::/7", "fe80::/10", "fec0::/10",
        "ff00::/8",
    )
)  # fmt: skip


class Reach(StrEnum):
    """How far calls to clients' addresses may go.

    ``https``: public addresses, encrypted. ``http``: public addresses. ``local``: this machine
    too, on any port; for a cloud that runs on it, and never for one that does not.
    """

    HTTPS = "https"
    HTTP = "http"
    LOCAL = "local"


class AddressPolicy(NamedTuple):
    """What is allowed.

    Attributes:
        reach: How far.
        ports: The ports that may be called; any with ``local``.
    """

    reach: Reach = Reach.HTTPS
    ports: frozenset[int] = frozenset({80, 443})

    def check_url(self, url: str, field: str = "callbackUrl") -> None:
        """Refuse a URL for what it says, without asking any name server.

        Args:
            url: As the client sent it.
            field: Where the client named it.

        Raises:
            AddressNotAllowed: The detail says why and does not repeat the URL.
        """
        try:
            self._check_text(url)
        except AddressNotAllowed as refused:
            raise AddressNotAllowed(f"{field}: {refused.detail}") from None

    def _check_text(self, url: str) -> None:
        parts, port = _split(url)
        if not url.lower().startswith(("http://", "https://")):
            raise _refused("must begin with http:// or https://")
        if parts.scheme != "https" and self.reach is Reach.HTTPS:
            raise _refused("must begin with https://")
        if "@" in parts.netloc or "%" in parts.netloc:
            raise _refused("must not carry a user name, or an encoded character in its host")
        if parts.netloc.endswith(":") or port == 0:
            raise _refused("has no valid port")
        default = 443 if parts.scheme == "https" else 80
        if self.reach is not Reach.LOCAL and (port or default) not in self.ports:
            raise _refused(f"must use port {' or '.join(map(str, sorted(self.ports)))}")
        host = (parts.hostname or "").lower()
        if "[" in parts.netloc:
            self._check_literal(host, version=6)
        elif _literal(host):
            self._check_literal(host, version=4)
        else:
            self._check_name(host)

    def check_resolved(self, addresses: Iterable[str]) -> None:
        """Refuse a name if any of its addresses is internal.

        Args:
            addresses: All that the name resolves to, as text.

        Raises:
            AddressNotAllowed: One of them must not be called.
        """
        for address in addresses:
            # A zone, as in fe80::1%eth0, names an interface: link-local in any case.
            if not self._may_dial(ipaddress.ip_address(address.partition("%")[0])):
                raise _refused("leads to an internal address")

    def _check_literal(self, host: str, version: int) -> None:
        literal = _literal(host)
        if literal is None or literal.version != version:
            raise _refused("is not a valid address")
        if not self._may_dial(literal):
            raise _refused("leads to an internal address")

    def _check_name(self, host: str) -> None:
        labels = host.split(".")
        if not _HOST_NAME.fullmatch(host) or _NUMBER.fullmatch(labels[-1]):
            raise _refused("has no valid host")
        if self.reach is not Reach.LOCAL and (len(labels) == 1 or labels[-1] == "localhost"):
            raise _refused("leads to an internal address")

    def _may_dial(self, address: IpAddress) -> bool:
        if self.reach is Reach.LOCAL and address.is_loopback:
            return True
        return not any(address in network for network in _INTERNAL)


def _split(url: str) -> tuple[SplitResult, int | None]:
    if len(url) > _MAX_URL:
        raise _refused(f"longer than {_MAX_URL} characters")
    if not _ALLOWED.fullmatch(url):
        raise _refused("contains a character that must be encoded, or none")
    try:
        parts = urlsplit(url)
        return parts, parts.port
    except ValueError:
        raise _refused("is not a valid address") from None


def _refused(reason: str) -> AddressNotAllowed:
    return AddressNotAllowed(reason)


def _literal(host: str) -> IpAddress | None:
    try:
        return ipaddress.ip_address(host)
    except ValueError:
        return None
