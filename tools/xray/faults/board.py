"""Every case of a run, found by whoever meets it: the proxy, the receiver, the runner."""

import random
import re
import threading
import time
import uuid
from collections.abc import Sequence

from xray.faults.plan import Case, Fault, fetches_film
from xray.faults.proxy import Act, Call
from xray.faults.receiver import Behaviour, Manner, Post, Reply

_UUID = re.compile(rb"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_QUEUES = "AmazonSQS."
_LOOKED_AT = 4096  # bytes of a call's body; the ids stand in front of what is long


class Board:
    """The cases by task; judges calls and answers callbacks on their behalf.

    Attributes:
        queues_away: While it is set, no function reaches a queue.
        strays: Callbacks about tasks that nobody ever posted.
    """

    def __init__(self, seed: int) -> None:
        """Make an empty board.

        Args:
            seed: Of the tasks' ids and of every other choice.
        """
        self.queues_away = threading.Event()
        self.strays: list[Post] = []
        self._random = random.Random(seed)  # noqa: S311 - choices to be repeated, no secrets
        self._cases: dict[str, Case] = {}

    def deal(self, faults: Sequence[Fault], tasks: int) -> list[Case]:
        """New cases for some faults, in an order that mixes them.

        Args:
            faults: Which.
            tasks: How many for each.
        """
        dealt = [
            Case(str(uuid.UUID(int=self._random.getrandbits(128), version=4)), fault, index)
            for index in range(tasks)
            for fault in faults
        ]
        self._random.shuffle(dealt)
        self._cases |= {case.task_id: case for case in dealt}
        return dealt

    def pause_s(self) -> float:
        """Between a film's arrival and the kill of its reader: about as long as reading takes."""
        return self._random.uniform(0, 0.02)

    def judge(self, call: Call) -> Act:
        """What becomes of a call to AWS."""
        if self.queues_away.is_set() and call.target.startswith(_QUEUES):
            return Act.REFUSE
        case = self._case_of(call)
        if case is None:
            return Act.PASS
        with case.lock:
            act = case.fault.judge(call, case)
            if act is not Act.KILL_BEFORE and fetches_film(call):
                case.reads += 1
            if act is not Act.PASS:
                _strike(case)
        return act

    def behave(self, post: Post) -> Behaviour:
        """How the receiver answers a callback."""
        case = self._cases.get(post.task_id)
        if case is None:
            self.strays.append(post)
            return Reply(200)
        with case.lock:
            case.posts.append(post)
            behaviour = case.fault.answer(case)
            if isinstance(behaviour, Manner) or not behaviour.accepts:
                _strike(case)
            elif case.delivered_at is None:
                case.delivered_at = time.monotonic()
        return behaviour

    def _case_of(self, call: Call) -> Case | None:
        for found in _UUID.findall(call.path.encode() + b" " + call.body[:_LOOKED_AT]):
            case = self._cases.get(found.decode())
            if case is not None:
                return case
        return None


def _strike(case: Case) -> None:
    case.acts += 1
    case.struck_at = case.struck_at or time.monotonic()
