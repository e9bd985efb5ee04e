"""A run: the whole service on the local cloud, its faults, and the counting afterwards."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple

from service.adapters.dynamodb import DynamoTaskStore
from service.authorize import LOCAL_CLIENT
from service.task import DeliveryState, Task, TaskKey
from xray.cloud import CloudError, CloudSettings, LocalCloud
from xray.faults.board import Board
from xray.faults.clock import NOTICED_S, WrongClock
from xray.faults.model import write_models
from xray.faults.plan import CLOCK_FAST, CLOCK_SLOW, QUEUES_AWAY, Case, local_faults
from xray.faults.posting import Poster, small_film
from xray.faults.proxy import Proxy
from xray.faults.receiver import FaultyReceiver
from xray.faults.report import Row, row_of
from xray.project import LOCAL_PARAMETERS
from xray.registry import Registry

# Everything that a recovery waits for, shortened; the table's seconds mean these and not AWS's.
PARAMETERS = LOCAL_PARAMETERS | {
    "InferTimeoutSeconds": "8",
    "TaskVisibilitySeconds": "48",
    "CallbackAnswerSeconds": "3",
    "CallbackTimeoutSeconds": "6",
    "CallbackVisibilitySeconds": "36",
    "CallbackSchedule": "0,1,1,2,2,2,2,2",
    "UnsentGraceSeconds": "2",
    "QueuePatienceSeconds": "30",
    "MaxReads": "3",
}
_READERS = 4  # processes: at any moment some of them have just been killed
_SWEEP_S = 1.0
_LOOK_S = 0.5
_IN_FLIGHT = 12  # tasks: recovery is measured, and not how long a queue can be


@dataclass(frozen=True)
class RunSettings:
    """What is run.

    Attributes:
        root: The project's folder.
        tasks: For each fault.
        seed: Of every choice.
        batch: Films that a reader is given at once.
        away_s: How long the queues are away.
        limit_s: When a phase is over, whatever has come of its tasks.
    """

    root: Path
    tasks: int
    seed: int = 1
    batch: int = 1
    away_s: float = 30.0
    limit_s: float = 300.0


class _Around(NamedTuple):
    """What stands around the service."""

    board: Board
    receiver: FaultyReceiver
    clock: WrongClock


class Run:
    """One service on the local cloud with faults about it, inside :func:`started`."""

    def __init__(self, settings: RunSettings, cloud: LocalCloud, around: _Around) -> None:
        """Use :func:`started`."""
        self._settings = settings
        self._board, self._receiver, self._clock = around
        url, film = f"{cloud.api_url}/api/v1/analyze", small_film(settings.seed)
        self._post = Poster(url, self._receiver.url, film)
        dynamodb = cloud.client("dynamodb")
        self._tasks = DynamoTaskStore(dynamodb, cloud.outputs["TaskTable"])

    def storm(self) -> dict[str, Row]:
        """All faults that meet single tasks, mixed."""
        faults = local_faults(self._receiver.trap)
        played = self._play_cases(self._board.deal(faults, self._settings.tasks))
        rows = {fault.name: played[fault.name] for fault in faults}
        if self._receiver.trapped or self._board.strays:
            # Nobody's tasks: told in the row whose receiver led there, so that it is seen.
            row = rows["receiver answers 302"]
            rows["receiver answers 302"] = Row(
                **row.as_dict()
                | {
                    "unaccepted_callbacks": row.unaccepted_callbacks
                    + self._receiver.trapped
                    + len(self._board.strays)
                }
            )
        return rows

    def queues_away(self) -> dict[str, Row]:
        """Films are posted while no function reaches a queue."""
        away = self._board.queues_away

        def come_back(cases: Sequence[Case]) -> None:
            away.clear()
            for case in cases:
                case.struck_at = time.monotonic()

        cases = self._board.deal([QUEUES_AWAY], self._settings.tasks)
        away.set()
        timer = threading.Timer(self._settings.away_s, come_back, [cases])
        timer.start()
        try:
            return self._play_cases(cases)
        finally:
            timer.join()

    def wrong_clock(self) -> dict[str, Row]:
        """One reader's clock is ten minutes off, in one direction and then in the other."""
        rows: dict[str, Row] = {}
        for fault, offset_s in ((CLOCK_FAST, 600), (CLOCK_SLOW, -600)):
            if self._clock.missing:
                rows[fault.name] = Row(skipped=self._clock.missing)
                continue
            with self._clock.off_by(offset_s):
                cases = self._board.deal([fault], self._settings.tasks)
                rows |= self._play_cases(cases)
        return rows

    def _play_cases(self, cases: Sequence[Case]) -> dict[str, Row]:
        end = time.monotonic() + self._settings.limit_s
        room = threading.Semaphore(_IN_FLIGHT)
        open_cases = set(range(len(cases)))

        def post_all() -> None:
            with ThreadPoolExecutor(8) as threads:
                for case in cases:
                    while not room.acquire(timeout=_LOOK_S):
                        if time.monotonic() > end:
                            return
                    threads.submit(self._post, case)

        poster = threading.Thread(target=post_all, daemon=True)
        poster.start()
        while open_cases and time.monotonic() < end:
            time.sleep(_LOOK_S)
            for index in [i for i in open_cases if self._settled(cases[i])]:
                open_cases.discard(index)
                room.release()
        poster.join(_LOOK_S)
        lost = {id(cases[i]) for i in open_cases if cases[i].accepted_at is not None}
        rows = {}
        for fault in dict.fromkeys(case.fault for case in cases):
            members = [case for case in cases if case.fault is fault]
            rows[fault.name] = row_of(members, lost=sum(id(case) in lost for case in members))
        return rows

    def _settled(self, case: Case) -> bool:
        """Whether nothing more will come of it, by the service's books and by the receiver's."""
        if case.refused:
            return True
        if case.accepted_at is None or not (case.posts or case.aged(time.monotonic())):
            return False
        with contextlib.suppress(Exception):
            task = self._tasks.get(TaskKey(LOCAL_CLIENT, case.task_id))
            if task is not None and _over(task):
                _note_clock(case, task)
                told = task.delivery.state is DeliveryState.EXHAUSTED
                return told or case.delivered_at is not None
        return False


def _over(task: Task) -> bool:
    return task.status.final and task.waits_for is None and task.due_at is None


def _note_clock(case: Case, task: Task) -> None:
    """Whether a reader with a wrong clock had it, by what it wrote."""
    if case.fault in (CLOCK_FAST, CLOCK_SLOW) and case.struck_at is None and task.completed_at:
        wrong = abs((task.completed_at - task.created_at).total_seconds()) > NOTICED_S
        case.struck_at = case.accepted_at if wrong else None


@contextlib.contextmanager
def started(settings: RunSettings, tell: Callable[[str], None]) -> Iterator[Run]:
    """A service that can be run with faults.

    Args:
        settings: What is run.
        tell: Told in a few words what is being done.
    """
    models = write_models(settings.root, settings.seed)
    clock = WrongClock(settings.root / "build/faults")
    board = Board(settings.seed)
    with Proxy(board.judge, board.pause_s) as proxy, FaultyReceiver(board.behave) as receiver:
        cloud = LocalCloud(
            CloudSettings(
                root=settings.root,
                parameters=PARAMETERS
                | {"EndpointUrl": proxy.url, "InferBatchSize": str(settings.batch)},
                variables={"AWS_ENDPOINT_URL": proxy.url, "PIPELINE_MODELS": str(models)},
                first_variables=clock.variables,
                workers=_READERS,
                warm=4,
            ),
            tell,
        )
        proxy.lead_to(cloud.endpoint_url)
        with cloud, _swept(cloud):
            Registry(cloud.client, cloud.outputs).rotate_secret(LOCAL_CLIENT, timedelta())
            yield Run(settings, cloud, _Around(board, receiver, clock))


@contextlib.contextmanager
def _swept(cloud: LocalCloud) -> Iterator[None]:
    """Sweep every second, where AWS does it every minute."""
    over = threading.Event()

    def sweep() -> None:
        while not over.wait(_SWEEP_S):
            with contextlib.suppress(CloudError):  # the queues may be away
                cloud.sweep()

    sweeper = threading.Thread(target=sweep, daemon=True)
    sweeper.start()
    try:
        yield
    finally:
        over.set()
        sweeper.join()
