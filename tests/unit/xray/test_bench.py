"""The arithmetic of the measurements."""

import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from pipelines.ceph.synthetic import draw
from pipelines.errors import FilmUnreadable
from pipelines.film import read_film
from xray.bench.calls import Call, CountingProxy, add_calls
from xray.bench.measure import Section, film_of, heavy_film, in_turns, no_film, percentile
from xray.bench.startup import add_sizes, add_starts


def test_everybody_has_a_turn_in_every_round_and_the_order_is_reversed():
    turns: list[str] = []

    def contender(name, values):
        left = iter(values)

        def once():
            turns.append(name)
            return {"figure": next(left)}

        return once

    found = in_turns({"a": contender("a", [1, 9, 2]), "b": contender("b", [5, 5, 7])}, rounds=3)
    assert turns == ["a", "b", "b", "a", "a", "b"]
    assert found == {"a": {"figure": 2}, "b": {"figure": 5}}


@pytest.mark.parametrize(("share", "expected"), [(0.0, 1), (0.5, 3), (0.99, 5), (1.0, 5)])
def test_a_percentile_is_one_of_the_values(share, expected):
    assert percentile([5, 1, 4, 2, 3], share) == expected


def test_films_have_the_size_that_is_asked_for():
    drawn = draw(seed=1).jpeg()
    assert abs(len(heavy_film(drawn, 1_000_000)) - 1_000_000) < 100_000
    film = read_film(film_of(drawn, 1.0))
    assert film.width * film.height == pytest.approx(1e6, rel=0.01)
    with pytest.raises(FilmUnreadable):
        read_film(no_film())


class _Upstream(BaseHTTPRequestHandler):
    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.send_response(200)
        self.end_headers()
        self.wfile.write(body * 2)

    do_PUT = do_POST  # noqa: N815 - http.server's names

    def log_message(self, *args):
        pass


def test_the_proxy_hands_calls_on_and_notes_them():
    upstream = ThreadingHTTPServer(("127.0.0.1", 0), _Upstream)
    thread = threading.Thread(target=upstream.serve_forever, daemon=True)
    thread.start()
    try:
        with CountingProxy() as proxy:
            proxy.lead_to(f"http://127.0.0.1:{upstream.server_port}")
            headers = {"Authorization": "AWS4-HMAC-SHA256 Credential=ONE/2026/x, Signature=y"}
            target = {"X-Amz-Target": "DynamoDB_20120810.PutItem"}
            answer = requests.post(proxy.url, data=b"abc", headers=headers | target, timeout=10)
            assert answer.content == b"abcabc"
            requests.put(f"{proxy.url}/b/films/x", data=b"1234", headers=headers, timeout=10)
    finally:
        upstream.shutdown()
        upstream.server_close()
    assert proxy.calls == [
        Call("ONE", "dynamodb", "PutItem", 3, 6),
        Call("ONE", "s3", "PUT films", 4, 8),
    ]


def test_calls_are_counted_by_function_whatever_process_made_them():
    calls = [
        Call("ONE", "s3", "PUT films", 1_000_000, 0),
        Call("ONE", "sqs", "SendMessage", 10, 10),
        Call("TWO", "s3", "GET films", 10, 1_000_000),
        Call("THREE", "s3", "GET films", 10, 1_000_000),
        Call("FOUR", "dynamodb", "Query", 10, 10),
    ]
    section = Section("", ())
    add_calls(section, calls, tasks=2)
    assert section.figures["1 submit"]["calls"] == 1
    assert section.figures["2 infer"]["calls"] == 1
    assert section.figures["all"]["calls"] == 2
    assert section.figures["2 infer"]["bytes"] == pytest.approx(1_000_010)


def test_starts_are_told_as_multiples_of_the_processor_time_of_boto3():
    section = Section("", ())
    add_starts(
        section,
        {
            "import boto3": {"ms": 400, "cpu_ms": 200, "modules": 300},
            "import submit": {"ms": 500, "cpu_ms": 260, "modules": 390},
        },
    )
    assert section.rows == [
        ("import boto3", "400", "200", "1.00", "300"),
        ("import submit", "500", "260", "1.30", "390"),
    ]
    assert section.figures["import submit"]["times_boto3"] == pytest.approx(1.3)


def test_what_fills_something_is_told_the_largest_first_and_the_rest_as_one():
    section = Section("", ())
    add_sizes(section, "layer", {f"part{n}": n * 1_000_000 for n in range(9)})
    assert section.rows[:2] == [("layer", "all", "36.0"), ("layer", "part8", "8.0")]
    assert section.rows[-1] == ("layer", "the rest", "3.0")
    assert section.figures["layer"]["bytes"] == 36_000_000


def test_the_memory_of_a_process_is_its_own_and_not_its_parents(tmp_path):
    program = (
        "import sys; from xray.bench.memory import Highest\n"
        "with Highest() as highest:\n"
        "    held = bytearray(int(sys.argv[1]) * 10**6)\n"
        "print(highest.mb)"
    )
    held = bytearray(b"x") * (400 * 10**6)  # of this process, while the others run

    def peak(megabytes: int) -> float:
        done = subprocess.run(
            [sys.executable, "-c", program, str(megabytes)],
            capture_output=True, text=True, check=True,
        )  # fmt: skip
        return float(done.stdout)

    small, large = peak(1), peak(150)
    assert len(held) > 1e6 * small
    assert 130 < large - small < 200
