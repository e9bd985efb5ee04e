"""The same kills for what a user would otherwise run; see ``tools/peers``.

A peer's reader cannot be stopped at one of its calls, so it is killed by the clock: in the middle
of the time that a film takes, or in a pause that it makes between result and callback.
"""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

from pipelines.ceph.synthetic import draw
from xray.faults.board import Board
from xray.faults.plan import Case, Fault
from xray.faults.posting import Poster
from xray.faults.receiver import FaultyReceiver
from xray.faults.report import Row, row_of
from xray.peers import Peer, PeerMissing

_PAUSE_S = 4.0
_LIMIT_S = 30.0  # many times what the films take
_DURABLE_LIMIT_S = 120.0  # Celery hands out what a lost worker held after a minute
_FIRST_LIMIT_S = 60.0
_LOOK_S = 0.2


@dataclass(frozen=True)
class _Kill:
    fault: Fault
    pause_s: float


_KILLS = (
    _Kill(Fault("killed during inference"), 0.0),
    _Kill(Fault("killed after the result, before its callback"), _PAUSE_S),
)
_PEERS = (("celery_redis", False), ("celery_redis", True), ("bentoml_tasks", False))


def peer_rows(
    root: Path, tasks: int, seed: int, tell: Callable[[str], None]
) -> Iterator[tuple[str, Row]]:
    """The rows of every peer that can be had here.

    Args:
        root: The project's folder.
        tasks: For each kill; its reader is killed once.
        seed: Of the film and the ids.
        tell: Told in a few words what is being done.
    """
    for name, durable in _PEERS:
        for kill in _KILLS:
            peer = Peer(root, name, durable=durable, pause_before_callback_s=kill.pause_s)
            tell(f"peer {peer.label}: {kill.fault.name}")
            try:
                with peer:
                    row = _killed(peer, kill, Board(seed), tasks)
            except PeerMissing as missing:
                row = Row(skipped=str(missing))
            yield f"peer {peer.label}: {kill.fault.name}", replace(row, peer=peer.label)


def _killed(peer: Peer, kill: _Kill, board: Board, tasks: int) -> Row:
    film = draw(seed=1).jpeg()
    with FaultyReceiver(board.behave) as receiver:
        post = Poster(peer.submit_url, receiver.url, film)
        [first, second] = board.deal([kill.fault], 2)
        for case in (first, second):  # the first one loads the models
            began = time.monotonic()
            post(case)
            _wait([case], _FIRST_LIMIT_S)
            takes_s = time.monotonic() - began
        if second.delivered_at is None:
            raise PeerMissing("it delivers nothing, unharmed")
        cases = board.deal([kill.fault], tasks)
        with ThreadPoolExecutor(min(8, tasks)) as threads:
            list(threads.map(post, cases))
        time.sleep(takes_s - kill.pause_s / 2 if kill.pause_s else takes_s / 2)
        peer.kill_reader()
        struck_at = time.monotonic()
        for case in cases:
            case.struck_at = struck_at if case.delivered_at is None else None
        _wait(cases, _DURABLE_LIMIT_S if peer.durable else _LIMIT_S)
    lost = sum(case.delivered_at is None and case.accepted_at is not None for case in cases)
    return replace(row_of(cases, lost), inferences_per_task=None)  # nobody can see them


def _wait(cases: Sequence[Case], limit_s: float) -> None:
    end = time.monotonic() + limit_s
    while any(case.delivered_at is None for case in cases) and time.monotonic() < end:
        time.sleep(_LOOK_S)
