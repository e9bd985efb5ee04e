"""Which addresses may be called."""

import csv
import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.addresses import AddressPolicy, Reach
from service.errors import AddressNotAllowed
from tests.shared import hostile

PUBLIC = AddressPolicy(Reach.HTTP, frozenset({80, 443}))


@pytest.mark.parametrize(
    "url",
    [
        "https://clinic.example",
        "https://clinic.example/hook?key=1&x=%20#part",
        "https://CLINIC.example:443/",
        "https://xn--bcher-kva.example/",
        "https://8.8.8.8/x",
        "https://[2606:4700::1111]/",
        "https://a_b.clinic.example/",
    ],
)
def test_a_public_address_is_allowed(url: str) -> None:
    AddressPolicy().check_url(url)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("http://clinic.example", "must begin with https://"),
        ("ftp://clinic.example", "must begin with http:// or https://"),
        ("clinic.example/hook", "must begin with http:// or https://"),
        ("https://", "has no valid host"),
        ("https:///path", "has no valid host"),
        ("https://user:pw@clinic.example", "must not carry a user name"),
        ("https://clinic.example%2f@evil.example", "must not carry a user name"),
        ("https://clinic.example/a b", "contains a character"),
        ("https://clinic.example\\@evil.example", "contains a character"),
        ("https://clinic.example/\r\nX: y", "contains a character"),
        ("https://cl\u00ednic.example", "contains a character"),
        ("", "contains a character"),
        ("https://clinic.example:99999", "is not a valid address"),
        ("https://clinic.example:0", "has no valid port"),
        ("https://clinic.example:", "has no valid port"),
        ("https://clinic.example:22", "must use port 80 or 443"),
        ("https://[::1", "is not a valid address"),
        ("https://[8.8.8.8]/", "is not a valid address"),
        ("https://127.0.0.1", "leads to an internal address"),
        ("https://[::ffff:8.8.8.8]/", "leads to an internal address"),
        ("https://localhost", "leads to an internal address"),
        ("https://x.localhost", "leads to an internal address"),
        ("https://metadata", "leads to an internal address"),
        ("https://0x7f.1", "has no valid host"),
        ("https://2130706433", "has no valid host"),
        ("https://127.0.0.1.", "has no valid host"),
        ("https://clinic.example/" + "a" * 2048, "longer than 2048 characters"),
    ],
)
def test_what_is_refused_is_told_why_without_being_repeated(url: str, reason: str) -> None:
    with pytest.raises(AddressNotAllowed) as refused:
        AddressPolicy().check_url(url)
    assert refused.value.detail.startswith(f"callbackUrl: {reason}")
    assert not url or url not in refused.value.detail


@pytest.mark.parametrize(
    "url", ["http://127.0.0.1:9000/hook", "http://localhost:9000", "http://[::1]:9/"]
)
def test_a_local_cloud_may_call_its_own_machine_and_nothing_else_inside(url: str) -> None:
    local = AddressPolicy(Reach.LOCAL)
    local.check_url(url)
    for internal in ("http://10.0.0.1/", "http://169.254.169.254/", "http://0.0.0.0/"):
        with pytest.raises(AddressNotAllowed):
            local.check_url(internal)
    with pytest.raises(AddressNotAllowed):
        local.check_resolved(["192.168.0.1"])


@given(st.ip_addresses())
def test_python_calls_nothing_global_that_is_refused_wrongly(
    address: ipaddress.IPv4Address | ipaddress.IPv6Address,
) -> None:
    if not address.is_global:
        with pytest.raises(AddressNotAllowed):
            PUBLIC.check_resolved([str(address)])


@given(st.text(max_size=60))
def test_no_text_does_harm(text: str) -> None:
    for url in (text, f"https://{text}", f"https://clinic.example/{text}"):
        try:
            PUBLIC.check_url(url)
        except AddressNotAllowed:
            continue


@pytest.mark.skipif(not hostile().is_dir(), reason="the shared folder 'hostile' is not here")
def test_no_hostile_address_is_ever_dialled() -> None:
    with (hostile() / "hostile_urls.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 100
    for row in rows:
        try:
            PUBLIC.check_url(row["url"])
        except AddressNotAllowed:
            continue
        # Only a name is left: it is refused when it resolves to something inside.
        assert row["class"] in {"dns", "metadata"}, row["url"]
        with pytest.raises(AddressNotAllowed):
            PUBLIC.check_resolved(["8.8.8.8", "169.254.169.254"])


@pytest.mark.skipif(not hostile().is_dir(), reason="the shared folder 'hostile' is not here")
def test_every_listed_network_is_internal() -> None:
    for line in (hostile() / "ranges.txt").read_text().split():
        network = ipaddress.ip_network(line)
        for address in (network[0], network[-1]):
            with pytest.raises(AddressNotAllowed):
                PUBLIC.check_resolved([str(address)])
