"""The faults: what happens to which call, and how the receiver behaves."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from xray.faults.proxy import Act, Call
from xray.faults.receiver import Behaviour, Manner, Post, Reply

RETRY_AFTER_S = 3
OK = Reply(200)


@dataclass
class Case:
    """One task and what has become of it; written by several threads, under ``lock``.

    Attributes:
        fault: What it meets.
        index: Its place among the tasks of its fault.
        accepted_at: When the service answered 202.
        refused: Whether it answered something else, or nothing.
        struck_at: When the fault first met it.
        acts: How often it did.
        reads: How often a reader fetched its film.
        posts: The callbacks that came.
        delivered_at: When one was answered with success.
    """

    task_id: str
    fault: "Fault"
    index: int
    accepted_at: float | None = None
    refused: bool = False
    struck_at: float | None = None
    acts: int = 0
    reads: int = 0
    posts: list[Post] = field(default_factory=list)
    delivered_at: float | None = None
    lock: threading.Lock = field(default_factory=threading.Lock)

    def aged(self, now: float) -> bool:
        """Whether it was accepted so long ago that something should have come of it."""
        return self.accepted_at is not None and now - self.accepted_at > 5

    @property
    def poison(self) -> bool:
        """Whether its film cannot be read."""
        return self.fault.poison(self.index) is not None


Judge = Callable[[Call, Case], Act]
Answer = Callable[[Case], Behaviour]  # the case with the post that is to be answered


def _pass(_call: Call, _case: Case) -> Act:
    return Act.PASS


def _accept(_case: Case) -> Behaviour:
    return OK


def _no_poison(_index: int) -> str | None:
    return None


@dataclass(frozen=True)
class Fault:
    """What a task meets.

    Attributes:
        name: As table and file name it.
        judge: What becomes of its calls to AWS.
        answer: How its receiver behaves.
        poison: Whether a task's film is poison: ``kills`` its reader, or ``breaks`` as a file.
    """

    name: str
    judge: Judge = _pass
    answer: Answer = _accept
    poison: Callable[[int], str | None] = _no_poison


def fetches_film(call: Call) -> bool:
    """Infer is about to read a film."""
    return call.method == "GET" and "/films/" in call.path


def sends_message(call: Call) -> bool:
    """Somebody sends a message to a queue."""
    return call.target.endswith("SendMessage")


def _once(meets: Callable[[Call, Case], bool], act: Act) -> Judge:
    def judge(call: Call, case: Case) -> Act:
        return act if case.acts == 0 and meets(call, case) else Act.PASS

    return judge


def _first(*behaviours: Behaviour) -> Answer:
    """These in turn, and then success."""

    def answer(case: Case) -> Behaviour:
        turn = len(case.posts) - 1
        return behaviours[turn] if turn < len(behaviours) else OK

    return answer


def _one_in_ten_twice(call: Call, case: Case) -> Act:
    return Act.TWICE if case.index % 10 == 0 and sends_message(call) else Act.PASS


def _one_in_a_hundred(index: int) -> str | None:
    return {0: "kills", 1: "breaks"}.get(index % 200)


def _kill_for_poison(call: Call, case: Case) -> Act:
    deadly = _one_in_a_hundred(case.index) == "kills" and fetches_film(call)
    return Act.KILL_AFTER if deadly else Act.PASS


def local_faults(trap: str) -> Sequence[Fault]:
    """The faults that meet one task and leave its neighbours alone.

    Args:
        trap: Where redirects lead.
    """
    fetch = lambda call, _case: fetches_film(call)  # noqa: E731 - three of a kind, side by side
    announce = lambda call, _case: sends_message(call) and b"ResultQueue" in call.body  # noqa: E731
    record = lambda call, _case: call.target.endswith("PutItem") and b'"delivered"' in call.body  # noqa: E731
    return (
        Fault("killed before reading the film", _once(fetch, Act.KILL_BEFORE)),
        Fault("killed during inference", _once(fetch, Act.KILL_AFTER)),
        Fault("killed after the result, before its message", _once(announce, Act.KILL_BEFORE)),
        Fault("killed during the POST", answer=_first(Manner.KILL)),
        Fault("killed after the POST, before its record", _once(record, Act.KILL_BEFORE)),
        Fault("10 % of messages delivered twice", _one_in_ten_twice),
        Fault("1 % poison films", _kill_for_poison, poison=_one_in_a_hundred),
        Fault("receiver answers 500", answer=_first(Reply(500), Reply(500))),
        Fault("receiver answers 302", answer=_first(Reply(302, ("Location", trap)))),
        Fault("receiver answers 410", answer=lambda _: Reply(410)),
        Fault(
            "receiver answers 429 with Retry-After",
            answer=_first(Reply(429, ("Retry-After", str(RETRY_AFTER_S)))),
        ),
        Fault("receiver resets the connection", answer=_first(Manner.RESET)),
        Fault("receiver hangs", answer=_first(Manner.HANG)),
        Fault("receiver drips", answer=_first(Manner.DRIP)),
    )


QUEUES_AWAY = Fault("queues away")
CLOCK_FAST = Fault("a reader's clock ten minutes fast")
CLOCK_SLOW = Fault("a reader's clock ten minutes slow")
