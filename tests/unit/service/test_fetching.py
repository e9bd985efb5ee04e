"""The fetcher against real sockets: what the other side may do to it."""

import csv
import itertools
import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from service.adapters.fetching import RequestsFetcher
from service.addresses import AddressPolicy, Reach
from service.errors import AddressNotAllowed, FetchFailed
from tests.builders import JPEG
from tests.shared import hostile

HERE = AddressPolicy(Reach.LOCAL)
PUBLIC = AddressPolicy(Reach.HTTP, frozenset({80, 443}))
SECOND = timedelta(seconds=1)
INSIDE = ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fe80::1", "::ffff:10.0.0.1"]


@contextmanager
def server(behave: Callable[[socket.socket], None]) -> Iterator[tuple[str, list[bytes]]]:
    """Reads one request per connection and then behaves as it likes."""
    seen: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(0.1)
        stop = threading.Event()

        def serve() -> None:
            while not stop.is_set():
                try:
                    connection, _ = listening.accept()
                except TimeoutError:
                    continue
                with connection:
                    data = b""
                    while b"\r\n\r\n" not in data:
                        data += connection.recv(65536)
                    seen.append(data)
                    try:
                        behave(connection)
                    except OSError:
                        continue

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}/film?key=s3cret", seen
        finally:
            stop.set()
            thread.join()


def answering(status: str, body: bytes = b"", *headers: str) -> Callable[[socket.socket], None]:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", *headers, "", ""]
    return lambda connection: connection.sendall("\r\n".join(lines).encode() + body)


def fetched(
    behave: Callable[[socket.socket], None], most_bytes: int = 10_000, timeout: timedelta = SECOND
) -> bytes:
    with server(behave) as (url, _):
        return RequestsFetcher(HERE).fetch(url, most_bytes, timeout)


def refusal(*args, **kwargs) -> tuple[str, bool]:
    with pytest.raises(FetchFailed) as failed:
        fetched(*args, **kwargs)
    assert "s3cret" not in repr(failed.value)
    return str(failed.value), failed.value.passing


def test_a_film_is_the_same_bytes() -> None:
    film = bytes(range(256)) * 30
    with server(answering("200 OK", film, "Content-Type: text/html")) as (url, seen):
        assert RequestsFetcher(HERE).fetch(url, 10_000, SECOND) == film
    head = seen[0].decode()
    assert head.startswith("GET /film?key=s3cret HTTP/1.1")
    assert "User-Agent: Xray-Inference-Service/" in head


def test_a_film_without_a_length_is_read_to_its_end() -> None:
    chunked = (
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n"
    )
    assert fetched(lambda connection: connection.sendall(chunked)) == b"abcde"
    unbounded = b"HTTP/1.1 200 OK\r\n\r\n" + JPEG
    assert fetched(lambda connection: connection.sendall(unbounded)) == JPEG


@pytest.mark.parametrize(
    ("status", "passing"),
    [
        ("400 Bad Request", False),
        ("401 Unauthorized", False),
        ("403 Forbidden", False),
        ("404 Not Found", False),
        ("410 Gone", False),
        ("408 Request Timeout", True),
        ("429 Too Many Requests", True),
        ("500 Oh", True),
        ("501 Not Implemented", False),
        ("503 Busy", True),
        ("204 No Content", False),
        ("206 Partial Content", False),
    ],
)
def test_what_is_no_film_says_whether_it_may_pass(status: str, passing: bool) -> None:
    assert refusal(answering(status)) == (f"answered {status[:3]}", passing)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(status: int) -> None:
    with server(answering("200 OK", JPEG)) as (other, visits):
        told = refusal(answering(f"{status} Go", b"", f"Location: {other}"))
    assert told == (f"answered {status}; redirects are not followed", False)
    assert visits == []


def test_a_film_over_the_bound_is_refused_and_not_read_to_its_end() -> None:
    assert fetched(answering("200 OK", b"x" * 100), most_bytes=100) == b"x" * 100
    assert refusal(answering("200 OK", b"x" * 101), most_bytes=100) == (
        "larger than 100 bytes",
        False,
    )

    def endless(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\n\r\n")
        while True:
            connection.sendall(bytes(65536))

    told = refusal(endless, most_bytes=1_000_000, timeout=timedelta(seconds=60))
    assert told == ("larger than 1000000 bytes", False)


@pytest.mark.parametrize(
    "start",
    [
        b"",
        b"HTTP/1.1 200 OK\r\n",
        b"HTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n",
    ],
    ids=["hangs", "headers", "endless body", "body", "chunks"],
)
def test_dripping_has_an_end(start: bytes) -> None:
    drop = b"1\r\nx\r\n" if b"chunked" in start else b"A: b\r\n" if start else b"H"

    def drip(connection: socket.socket) -> None:
        connection.sendall(start)
        for _ in range(60):
            connection.sendall(drop)
            time.sleep(0.05)

    assert refusal(drip, timeout=timedelta(seconds=0.4)) == ("timed out", True)


def test_a_body_cut_off_is_no_film() -> None:
    cut = b"HTTP/1.1 200 OK\r\nContent-Length: 5000\r\n\r\n" + JPEG
    assert refusal(lambda connection: connection.sendall(cut))[1]
    assert refusal(lambda connection: connection.sendall(b"no HTTP\r\n\r\n"))[1]


def test_nobody_there_may_pass() -> None:
    with socket.create_server(("127.0.0.1", 0)) as gone:
        port = gone.getsockname()[1]
    with pytest.raises(FetchFailed) as failed:
        RequestsFetcher(HERE).fetch(f"http://127.0.0.1:{port}/", 100, SECOND)
    assert (str(failed.value), failed.value.passing) == ("no connection", True)


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert fetched(answering("200 OK", JPEG)) == JPEG


def resolving_to(*addresses: str) -> Callable[..., list[object]]:
    """A name server under somebody else's control: one answer for each question, in turn."""
    answers = list(addresses)

    def resolve(host: str, port: int, **_: object) -> list[object]:
        address = answers.pop(0) if len(answers) > 1 else answers[0]
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (address, port))]

    return resolve


def test_a_name_that_changes_after_the_check_is_not_asked_again() -> None:
    with server(answering("200 OK", JPEG)) as (url, seen):
        port = url.split(":")[2].split("/")[0]
        fetcher = RequestsFetcher(HERE, resolve=resolving_to("127.0.0.1", "10.0.0.1"))
        assert fetcher.fetch(f"http://films.example:{port}/", 10_000, SECOND) == JPEG
        assert b"Host: films.example" in seen[0]
        with pytest.raises(FetchFailed) as failed:  # at the next try it is
            fetcher.fetch(f"http://films.example:{port}/", 10_000, SECOND)
    assert (str(failed.value), failed.value.passing) == ("address not allowed", False)


@pytest.fixture
def dialled(monkeypatch: pytest.MonkeyPatch) -> list[object]:
    """Every address that anything tries to connect to; none is reached."""
    tried: list[object] = []

    class Unplugged(socket.socket):
        def connect(self, address: object) -> None:
            tried.append(address)
            raise OSError

    monkeypatch.setattr("service.adapters.guarded.socket.socket", Unplugged)
    return tried


@pytest.mark.parametrize("address", INSIDE)
def test_a_name_that_leads_inside_is_never_dialled(address: str, dialled: list[object]) -> None:
    fetcher = RequestsFetcher(PUBLIC, resolve=resolving_to(address))
    with pytest.raises(FetchFailed, match="address not allowed"):
        fetcher.fetch("https://films.example/1", 100, SECOND)
    assert dialled == []


@pytest.mark.skipif(not hostile().is_dir(), reason="the shared folder 'hostile' is not here")
def test_no_hostile_address_is_dialled(dialled: list[object]) -> None:
    with (hostile() / "hostile_urls.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert len(rows) > 100
    for row, address in zip(rows, itertools.cycle(INSIDE)):  # wherever the names among them lead
        fetcher = RequestsFetcher(PUBLIC, resolve=resolving_to(address))
        with pytest.raises(FetchFailed) as failed:
            fetcher.fetch(row["url"], 100, SECOND)
        assert not failed.value.passing, row["url"]
    assert dialled == []


@pytest.mark.skipif(not hostile().is_dir(), reason="the shared folder 'hostile' is not here")
def test_a_hostile_address_is_refused_at_the_door_unless_it_is_a_name() -> None:
    with (hostile() / "hostile_urls.csv").open(newline="") as file:
        for row in csv.DictReader(file):
            if row["class"] in {"dns", "metadata"}:
                continue
            with pytest.raises(AddressNotAllowed, match="^imageUrl: "):
                PUBLIC.check_url(row["url"], "imageUrl")
