"""The courier against real sockets: what the other side may do to it."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

import pytest

from service.adapters.webhook import RequestsCourier
from service.addresses import AddressPolicy, Reach

HERE = AddressPolicy(Reach.LOCAL)
BODY = b'{"taskId":"1"}'


@contextmanager
def receiver(behave: Callable[[socket.socket], None]) -> Iterator[tuple[str, list[bytes]]]:
    """A server that reads one request per connection and then behaves as it likes."""
    seen: list[bytes] = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        stop = threading.Event()

        def serve() -> None:
            while not stop.is_set():
                try:
                    connection, _ = server.accept()
                except TimeoutError:
                    continue
                with connection:
                    data = b""
                    while not data.endswith(BODY):
                        data += connection.recv(65536)
                    seen.append(data)
                    try:
                        behave(connection)
                    except OSError:
                        continue

        thread = threading.Thread(target=serve)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.getsockname()[1]}/hook?key=s3cret", seen
        finally:
            stop.set()
            thread.join()


def answering(raw: bytes) -> Callable[[socket.socket], None]:
    return lambda connection: connection.sendall(raw)


def test_a_body_is_posted_as_it_is() -> None:
    with receiver(answering(b"HTTP/1.1 204 No Content\r\n\r\n")) as (url, seen):
        answer = RequestsCourier(HERE).post(
            url, BODY, {"Content-Type": "application/json", "X-A": "b"}
        )
    assert (answer.status, answer.error) == (204, None)
    [request] = seen
    head = request.split(b"\r\n\r\n")[0].decode()
    assert head.startswith("POST /hook?key=s3cret HTTP/1.1")
    assert "Content-Type: application/json" in head
    assert "X-A: b" in head


def test_a_redirect_is_not_followed() -> None:
    with receiver(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) as (other, visits):
        redirect = f"HTTP/1.1 307 Go\r\nLocation: {other}\r\nContent-Length: 0\r\n\r\n".encode()
        with receiver(answering(redirect)) as (url, _):
            answer = RequestsCourier(HERE).post(url, BODY, {})
    assert answer.status == 307
    assert visits == []


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ("Retry-After: 120", 120),
        ("Retry-After: 0", 0),
        (
            "Date: Fri, 02 Jan 2026 03:04:05 GMT\r\nRetry-After: Fri, 02 Jan 2026 03:05:05 GMT",
            60,
        ),
        ("Retry-After: Fri, 02 Jan 2026 03:05:05 GMT", 0),  # long past
        ("Retry-After: Fri, 02 Jan 2026 03:05:05 -0000", 0),
        ("Retry-After: soon", None),
        ("Retry-After: -5", None),
        ("Retry-After: 1.5", None),
        ("Retry-After: " + "9" * 5000, 999_999_999),
        ("X: y", None),
    ],
)
def test_what_a_receiver_says_of_the_next_time_is_read(headers: str, seconds: int | None) -> None:
    raw = f"HTTP/1.1 429 Slow down\r\n{headers}\r\nContent-Length: 0\r\n\r\n".encode()
    with receiver(answering(raw)) as (url, _):
        answer = RequestsCourier(HERE).post(url, BODY, {})
    assert answer.status == 429
    assert answer.retry_after == (None if seconds is None else timedelta(seconds=seconds))


def test_only_the_head_of_an_answer_is_kept() -> None:
    raw = b"HTTP/1.1 500 Oh\r\nContent-Length: 9999999\r\n\r\n" + b"no\x00\x1b[31m" + b"x" * 5000
    with receiver(answering(raw)) as (url, _):
        answer = RequestsCourier(HERE).post(url, BODY, {})
    assert answer.status == 500
    assert answer.head.startswith("no  [31mxx")
    assert len(answer.head) == 256


@pytest.mark.parametrize(
    "behave",
    [
        lambda connection: time.sleep(3),
        lambda connection: [connection.sendall(b"H") or time.sleep(0.05) for _ in range(60)],
        lambda connection: [
            connection.sendall(b"HTTP/1.1 200 OK\r\n"),
            [connection.sendall(b"X: y\r\n") or time.sleep(0.05) for _ in range(60)],
        ],
    ],
    ids=["hangs", "drips its status", "drips its headers"],
)
def test_the_whole_exchange_is_bounded_in_time(behave: Callable[[socket.socket], None]) -> None:
    with receiver(behave) as (url, _):
        answer = RequestsCourier(HERE, timeout_s=0.4).post(url, BODY, {})
    assert (answer.status, answer.error) == (None, "timed out")


def test_looking_up_is_bounded_in_time_too() -> None:
    def slow(*_: object, **__: object) -> list[object]:
        time.sleep(3)
        return []

    answer = RequestsCourier(HERE, timeout_s=0.3, resolve=slow).post("http://a.example/", BODY, {})
    assert (answer.status, answer.error) == (None, "timed out")


def test_many_addresses_share_one_time(monkeypatch: pytest.MonkeyPatch) -> None:
    knocked: list[object] = []

    class Knocking(socket.socket):
        def connect(self, address: object) -> None:
            knocked.append(address)
            time.sleep(self.gettimeout() or 0)  # nobody opens
            raise TimeoutError

    monkeypatch.setattr("service.adapters.guarded.socket.socket", Knocking)
    many = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 9))] * 9
    courier = RequestsCourier(HERE, timeout_s=0.3, resolve=lambda *_, **__: many)
    answer = courier.post("http://a.example:9/", BODY, {})
    assert (answer.status, answer.error) == (None, "timed out")
    assert len(knocked) < 2  # the first took all the time that there was


def test_a_slow_body_after_the_status_is_a_success() -> None:
    def slow(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 50\r\n\r\nok")
        time.sleep(1)

    with receiver(slow) as (url, _):
        answer = RequestsCourier(HERE, timeout_s=0.4).post(url, BODY, {})
    assert answer.status == 200


@pytest.mark.parametrize(
    ("raw", "error"),
    [(b"", "no connection"), (b"this is no HTTP\r\n\r\n", "no connection")],
)
def test_what_is_no_answer_is_said_without_the_address(raw: bytes, error: str) -> None:
    with receiver(answering(raw)) as (url, _):
        answer = RequestsCourier(HERE).post(url, BODY, {})
    assert (answer.status, answer.error) == (None, error)


def test_a_dead_address_is_no_connection() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    answer = RequestsCourier(HERE).post(f"http://127.0.0.1:{port}/", BODY, {})
    assert (answer.status, answer.error) == (None, "no connection")


def test_a_name_that_nobody_has_is_no_connection() -> None:
    answer = RequestsCourier(HERE, timeout_s=5).post("http://nobody.invalid/", BODY, {})
    assert (answer.status, answer.error) == (None, "no connection")


def test_proxies_of_the_environment_are_not_used(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    with receiver(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) as (url, _):
        assert RequestsCourier(HERE).post(url, BODY, {}).status == 200


def resolving_to(*addresses: str) -> Callable[..., list[object]]:
    """A name server under somebody else's control: one answer for each question, in turn."""
    answers = list(addresses)

    def resolve(host: str, port: int, **_: object) -> list[object]:
        address = answers.pop(0) if len(answers) > 1 else answers[0]
        family = socket.AF_INET6 if ":" in address else socket.AF_INET
        return [(family, socket.SOCK_STREAM, 6, "", (address, port))]

    return resolve


@pytest.mark.parametrize("address", ["127.0.0.1", "10.0.0.1", "169.254.169.254", "::1", "fe80::1"])
def test_a_name_that_leads_inside_is_never_dialled(address: str) -> None:
    public = AddressPolicy(Reach.HTTP, frozenset({80}))
    courier = RequestsCourier(public, resolve=resolving_to(address))
    answer = courier.post("http://evil.example/", BODY, {})
    assert (answer.status, answer.error) == (None, "address not allowed")


def test_one_internal_address_among_others_is_enough() -> None:
    def resolve(host: str, port: int, **_: object) -> list[object]:
        return [
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("93.184.216.34", port)),
            (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("10.0.0.1", port)),
        ]

    courier = RequestsCourier(AddressPolicy(), resolve=resolve)
    assert courier.post("https://evil.example/", BODY, {}).error == "address not allowed"


def test_the_address_that_was_checked_is_the_one_that_is_dialled() -> None:
    """A name that changes between check and dial finds no second question."""
    with receiver(answering(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n")) as (url, seen):
        port = url.split(":")[2].split("/")[0]
        courier = RequestsCourier(HERE, resolve=resolving_to("127.0.0.1", "10.0.0.1"))
        assert courier.post(f"http://clinic.example:{port}/", BODY, {}).status == 200
        assert b"Host: clinic.example" in seen[0]
        again = courier.post(f"http://clinic.example:{port}/", BODY, {})
    assert again.error == "address not allowed"  # asked again at the next attempt


def test_an_address_refused_by_what_it_says_is_not_resolved() -> None:
    def resolve(*_: object, **__: object) -> list[object]:
        raise AssertionError("asked")

    courier = RequestsCourier(AddressPolicy(), resolve=resolve)
    assert courier.post("http://clinic.example/", BODY, {}).error == "address not allowed"
