"""The counting of a fault run: it must be able to say that something was lost."""

import signal
import socket
import subprocess
import sys
from collections import Counter
from datetime import UTC, datetime

import pytest

from pipelines.ceph.synthetic import draw
from pipelines.registry import TASK_TYPES
from xray.faults.board import Board
from xray.faults.clock import WrongClock
from xray.faults.load import Memory, Traffic, what_gave_way
from xray.faults.model import write_model
from xray.faults.plan import Case, Fault, local_faults
from xray.faults.proxy import Act, Call, kill_caller
from xray.faults.receiver import Manner, Post, Reply
from xray.faults.report import Row, row_of

TRAP = "http://127.0.0.1:1/trap"


def a_case(board: Board, name: str = "no fault") -> Case:
    named = {fault.name: fault for fault in local_faults(TRAP)}
    [case] = board.deal([named.get(name, Fault(name))], 1)
    return case


def post(case: Case, body: str = "a", error: int | None = None, at: float = 5.0) -> Post:
    return Post(case.task_id, body, error, at)


def fetch(case: Case) -> Call:
    return Call("GET", f"/bucket/films/local/{case.task_id}/1", "", b"")


def send(case: Case, queue: bytes = b"ResultQueue") -> Call:
    return Call("POST", "/", "AmazonSQS.SendMessage", queue + case.task_id.encode())


def test_a_run_is_repeated_by_its_seed() -> None:
    faults = local_faults(TRAP)
    first, again, other = (
        [(case.task_id, case.fault.name) for case in Board(seed).deal(faults, 3)]
        for seed in (1, 1, 2)
    )
    assert first == again
    assert first != other
    assert len({task_id for task_id, _ in first}) == 3 * len(faults)


def test_a_reader_is_killed_once_at_its_call_and_nobody_else_is() -> None:
    board = Board(1)
    case, other = a_case(board, "killed before reading the film"), a_case(board)
    assert board.judge(fetch(other)) is Act.PASS
    assert board.judge(send(case)) is Act.PASS
    assert [board.judge(fetch(case)) for _ in range(2)] == [Act.KILL_BEFORE, Act.PASS]
    assert (case.reads, other.reads) == (1, 1)  # a film that never arrived was not read
    assert case.struck_at is not None


def test_a_messenger_is_killed_between_its_post_and_the_record() -> None:
    board = Board(1)
    case = a_case(board, "killed after the POST, before its record")
    target, about = "DynamoDB_20120810.PutItem", case.task_id.encode()
    board.behave(post(case))
    assert board.judge(Call("POST", "/", target, about + b'"waiting"')) is Act.PASS  # infer's note
    put = Call("POST", "/", target, about + b'"delivered"')
    assert [board.judge(put) for _ in range(2)] == [Act.KILL_BEFORE, Act.PASS]


def test_messages_of_one_task_in_ten_are_delivered_twice() -> None:
    board = Board(1)
    named = {fault.name: fault for fault in local_faults(TRAP)}
    cases = board.deal([named["10 % of messages delivered twice"]], 100)
    acts = [board.judge(send(case, b"TaskQueue")) for case in cases]
    assert (acts.count(Act.TWICE), acts.count(Act.PASS)) == (10, 90)


def test_while_the_queues_are_away_nobody_reaches_one() -> None:
    board = Board(1)
    case = a_case(board)
    board.queues_away.set()
    assert board.judge(send(case)) is Act.REFUSE
    assert board.judge(fetch(case)) is Act.PASS


def test_a_receiver_behaves_as_its_fault_says_and_then_well() -> None:
    board = Board(1)
    case = a_case(board, "receiver resets the connection")
    assert [board.behave(post(case)) for _ in range(2)] == [Manner.RESET, Reply(200)]
    assert case.delivered_at is not None


def test_one_film_in_a_hundred_is_poison_and_in_a_few_there_is_some() -> None:
    named = {fault.name: fault for fault in local_faults(TRAP)}
    poison = named["1 % poison films"].poison
    assert [poison(index) for index in (0, 1, 2)] == ["kills", "breaks", None]
    assert sum(poison(index) is not None for index in range(1000)) == 10


def accepted(case: Case, delivered_at: float | None = None) -> Case:
    case.accepted_at, case.delivered_at = 1.0, delivered_at
    return case


def test_what_is_lost_contradicts_itself_or_was_never_accepted_is_counted() -> None:
    board = Board(1)
    fine, twice, stray = (a_case(board) for _ in range(3))
    for case, bodies in ((accepted(fine, 5.0), "aa"), (accepted(twice, 5.0), "ab"), (stray, "a")):
        case.posts += [post(case, body) for body in bodies]
    fine.struck_at = 2.0
    row = row_of([fine, twice, stray], lost=1)
    assert (row.tasks, row.lost, row.conflicting, row.unaccepted_callbacks) == (2, 1, 1, 1)
    assert (row.posts_per_task, row.recovery_p50_s, row.recovery_p95_s) == (2.0, 3.0, 3.0)
    assert not row.holds
    assert row_of([fine], lost=0).holds
    assert row.as_dict()["lost"] == 1


@pytest.mark.parametrize("wrong", ["lost", "conflicting", "unaccepted_callbacks"])
def test_one_is_enough_to_fail(wrong: str) -> None:
    assert not Row(tasks=1, **{wrong: 1}).holds


def test_a_callback_about_nobodys_task_is_a_stray() -> None:
    board = Board(1)
    board.behave(Post("nobody", "a", None, 1.0))
    assert len(board.strays) == 1


@pytest.mark.parametrize("together", [False, True])
def test_the_tiny_model_is_a_model_like_any_other(tmp_path, together) -> None:
    write_model(tmp_path / "ceph", seed=3, together=together)
    pipeline = TASK_TYPES["ceph"].load()
    pipeline.setup(tmp_path)
    assert pipeline.reads_together == together
    one, other = (pipeline.run(draw(seed=seed).jpeg(), {}).data["landmarks"] for seed in (1, 2))
    assert len(one) == 19
    assert one != other  # it looks at the film
    assert (tmp_path / "ceph/model.onnx").stat().st_size < 10_000


def test_a_process_can_be_given_a_wrong_clock(tmp_path) -> None:
    clock = WrongClock(tmp_path)
    if clock.missing:
        pytest.skip(clock.missing)
    program = "import datetime, time; time.sleep(0.01); print(datetime.datetime.now().timestamp())"
    for offset_s in (600, -600):
        with clock.off_by(offset_s):
            told = subprocess.run(
                [sys.executable, "-c", program],
                env=clock.variables, capture_output=True, text=True, check=True,
            )  # fmt: skip
        assert abs(float(told.stdout) - datetime.now(UTC).timestamp() - offset_s) < 60


@pytest.mark.parametrize(
    ("answers", "errors", "gave_way"),
    [
        ({"analyze 202": 9, "analyze 429": 1}, 0, "requests were answered 429"),
        ({"analyze 202": 9, "analyze 502": 1}, 1, "requests were answered with errors"),
        ({"analyze no answer": 1}, 1, "requests were answered with errors"),
        ({"analyze 202": 1, "task 200": 1}, 0, "None"),
    ],
)
def test_what_gives_way_under_load_is_told_by_the_answers(answers, errors, gave_way) -> None:
    traffic = Traffic(cases=[accepted(a_case(Board(1)))], answers=Counter(answers))
    traffic.posts_ms = [3.0, 1.0, 2.0]
    traffic.memory = [Memory(*mb) for mb in ((100, 7), (300, 8), (200, 9))]
    traffic.seconds = 1.0
    assert traffic.errors == errors
    assert str(what_gave_way(traffic)).startswith(gave_way)
    figures = traffic.as_dict()
    assert (figures["submit_p50_ms"], figures["submit_p99_ms"]) == (2.0, 3.0)
    assert figures["functions_mb"] == {"first": 100, "last": 200, "most": 300}
    assert figures["emulator_mb"] == {"first": 7, "last": 9, "most": 9}
    assert (figures["accepted"], figures["came_back"]) == (1, 0)


CALLER = """
import socket, sys, time
own, there = int(sys.argv[1]), int(sys.argv[2])
sock = socket.socket()
sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
sock.bind(("127.0.0.1", own))
sock.connect(("127.0.0.1", there))
time.sleep(60)
"""


def test_whoever_uses_the_same_port_towards_somebody_else_is_not_killed() -> None:
    with (
        socket.create_server(("127.0.0.1", 0)) as one,
        socket.create_server(("127.0.0.1", 0)) as other,
        socket.socket() as probe,
    ):
        probe.bind(("127.0.0.1", 0))
        port = str(probe.getsockname()[1])
        probe.close()
        callers = [
            subprocess.Popen([sys.executable, "-c", CALLER, port, str(server.getsockname()[1])])
            for server in (one, other)
        ]
        try:
            ends = [server.accept()[0] for server in (one, other)]
            assert kill_caller(ends[1])
            assert callers[1].wait(timeout=30) == -signal.SIGKILL
            assert callers[0].poll() is None
            for end in ends:
                end.close()
        finally:
            for caller in callers:
                caller.kill()
                caller.wait()
