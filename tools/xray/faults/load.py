"""Mixed traffic at the rate that this machine holds, and then beyond it.

The rate that it holds is found by clients that post their next film when the last one has come
back: more would only lengthen the queue. Then films come twice as fast, whatever comes back, and
twice as fast again, until something gives way.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import psutil
import requests

from service.authorize import LOCAL_CLIENT
from xray.cloud import CloudSettings, LocalCloud
from xray.faults.board import Board
from xray.faults.model import write_models
from xray.faults.plan import Case, Fault
from xray.faults.posting import Poster, small_film
from xray.faults.receiver import FaultyReceiver
from xray.faults.report import quantile
from xray.project import LOCAL_PARAMETERS
from xray.registry import Registry

_NO_FAULT = Fault("load")
_PATIENCE_S = 60.0  # with a film that does not come back
_DRAIN_S = 300.0
_SAMPLE_S = 2.0
_STAGES = 6  # 64 times as fast: nothing holds that
# A bound that a run of half a minute can meet.
_PARAMETERS = LOCAL_PARAMETERS | {"MaxQueuedTasks": "100"}
_AT_ONCE = 64  # posts under way beyond the rate


@dataclass(frozen=True)
class LoadSettings:
    """What is loaded.

    Attributes:
        root: The project's folder.
        seconds: At the rate that the machine holds; a sixth of it at each rate beyond.
        clients: Who each wait for their last film before they post the next.
        seed: Of the films' ids.
    """

    root: Path
    seconds: float
    clients: int = 8
    seed: int = 1


class Memory(NamedTuple):
    """Resident megabytes: of the functions' processes, and of the emulator, which stores films."""

    functions_mb: int
    emulator_mb: int


@dataclass
class Traffic:
    """What one phase saw."""

    cases: list[Case] = field(default_factory=list)
    posts_ms: list[float] = field(default_factory=list)
    answers: Counter[str] = field(default_factory=Counter)
    memory: list["Memory"] = field(default_factory=list)
    seconds: float = 0.0
    gave_way: str | None = None

    def note(self, what: str, answer: requests.Response | None) -> None:
        """Count an answer by what was asked and its status."""
        self.answers[f"{what} {'no answer' if answer is None else answer.status_code}"] += 1

    @property
    def errors(self) -> int:
        """Answers that are neither what was asked for nor 429."""
        fine = ("200", "202", "429")
        return sum(n for what, n in self.answers.items() if not what.endswith(fine))

    def as_dict(self) -> dict[str, Any]:
        """As the file has it."""
        posts = sorted(self.posts_ms)
        came_back = [case for case in self.cases if case.delivered_at]
        return {
            "seconds": round(self.seconds, 1),
            "posts_per_second": round(len(posts) / self.seconds, 2),
            "submit_p50_ms": quantile(posts, 0.5),
            "submit_p99_ms": quantile(posts, 0.99),
            "answers": dict(sorted(self.answers.items())),
            "functions_mb": _course([one.functions_mb for one in self.memory]),
            "emulator_mb": _course([one.emulator_mb for one in self.memory]),
            "accepted": sum(case.accepted_at is not None for case in self.cases),
            "came_back": len(came_back),
        }


def load(settings: LoadSettings, tell: Callable[[str], None]) -> Mapping[str, Any]:
    """Load a service on the local cloud.

    Args:
        settings: How.
        tell: Told in a few words what is being done.

    Returns:
        The figures of both phases, ``lost`` and ``errors``.
    """
    models = write_models(settings.root, settings.seed)
    board = Board(settings.seed)
    with FaultyReceiver(board.behave) as receiver:
        variables = {"PIPELINE_MODELS": str(models)}
        with LocalCloud(
            CloudSettings(settings.root, _PARAMETERS, variables=variables), tell
        ) as cloud:
            Registry(cloud.client, cloud.outputs).rotate_secret(LOCAL_CLIENT, timedelta())
            url, film = f"{cloud.api_url}/api/v1/analyze", small_film(settings.seed)
            source = _Source(cloud.api_url, Poster(url, receiver.url, film), board)
            tell(f"{settings.clients} clients for {settings.seconds:.0f} s")
            held = source.hold(settings)
            rate = len(held.posts_ms) / held.seconds
            stages = source.press(rate, settings.seconds / 6, tell)
            tell("waiting for what was accepted")
            phases = [held, *stages]
            lost = _lost([case for phase in phases for case in phase.cases])
    return {
        "gave_way_first": stages[-1].gave_way or "nothing was refused",
        "held": held.as_dict(),
        "beyond": [stage.as_dict() for stage in stages],
        "lost": lost,
        "errors": sum(phase.errors for phase in phases),
    }


def what_gave_way(stage: Traffic) -> str | None:
    """In words, what too much traffic met; ``None`` if it was not too much.

    Args:
        stage: What it saw.
    """
    if stage.errors:
        return "requests were answered with errors"
    if any(what.endswith("429") for what in stage.answers):
        return "requests were answered 429"
    return None


class _Source:
    def __init__(self, api_url: str, post: Poster, board: Board) -> None:
        self._api_url = api_url
        self._post = post
        self._board = board
        self._lock = threading.Lock()

    def hold(self, settings: LoadSettings) -> Traffic:
        traffic = Traffic()
        end = time.monotonic() + settings.seconds
        with _sampled(traffic), ThreadPoolExecutor(settings.clients) as threads:
            for _ in range(settings.clients):
                threads.submit(self._client, traffic, end)
        return traffic

    def press(self, held: float, seconds: float, tell: Callable[[str], None]) -> list[Traffic]:
        stages: list[Traffic] = []
        for power in range(1, _STAGES + 1):
            rate = held * 2**power
            tell(f"{rate:.1f} films a second for {seconds:.0f} s")
            stages.append(traffic := Traffic())
            began = time.monotonic()
            with _sampled(traffic), ThreadPoolExecutor(_AT_ONCE) as threads:
                for number in range(max(1, int(rate * seconds))):
                    time.sleep(max(0.0, began + number / rate - time.monotonic()))
                    threads.submit(self._submit, traffic)
            traffic.gave_way = what_gave_way(traffic)
            if traffic.gave_way:
                break
        return stages

    def _client(self, traffic: Traffic, end: float) -> None:
        while time.monotonic() < end:
            case = self._submit(traffic)
            paths = (f"/api/v1/task/{case.task_id}", "/api/v1/tasks?limit=20", "/health")
            for path in paths if len(traffic.cases) % 10 == 0 else paths[:1]:
                name = "task" if case.task_id in path else path.partition("?")[0]
                traffic.note(name, self._post.get(self._api_url + path))
            given_up = time.monotonic() + _PATIENCE_S
            while case.accepted_at and not case.delivered_at and time.monotonic() < given_up:
                time.sleep(0.02)

    def _submit(self, traffic: Traffic) -> Case:
        with self._lock:
            [case] = self._board.deal([_NO_FAULT], 1)
            traffic.cases.append(case)
        began = time.monotonic()
        answer = self._post.once(case)
        traffic.posts_ms.append(1000 * (time.monotonic() - began))
        traffic.note("analyze", answer)
        return case


class _sampled:  # noqa: N801 - used as a word: with _sampled(traffic)
    """Takes the time, and the memory of the service's processes every two seconds."""

    def __init__(self, traffic: Traffic) -> None:
        self._traffic = traffic
        self._over = threading.Event()
        self._began = time.monotonic()

    def __enter__(self) -> None:
        self._traffic.memory.append(_memory())
        threading.Thread(target=self._sample, daemon=True).start()

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._traffic.seconds = time.monotonic() - self._began
        self._traffic.memory.append(_memory())

    def _sample(self) -> None:
        while not self._over.wait(_SAMPLE_S):
            self._traffic.memory.append(_memory())


def _memory() -> Memory:
    functions = emulator = 0
    for process in psutil.Process().children(recursive=True):
        try:
            used, command = process.memory_info().rss, process.cmdline()
        except psutil.Error:
            continue
        if command[1:] == ["-m", "ministack"]:
            emulator += used
        else:
            functions += used
    return Memory(functions // 2**20, emulator // 2**20)


def _course(values: Sequence[int]) -> dict[str, int]:
    return {"first": values[0], "last": values[-1], "most": max(values)}


def _lost(cases: Sequence[Case]) -> int:
    end = time.monotonic() + _DRAIN_S
    waiting = [case for case in cases if case.accepted_at]
    while waiting and time.monotonic() < end:
        time.sleep(0.2)
        waiting = [case for case in waiting if not case.delivered_at]
    return len(waiting)
