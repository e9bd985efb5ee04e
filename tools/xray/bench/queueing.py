"""How soon a film is accepted, how soon its report is back, and how many a second hold.

The same posts go to the service on the local cloud and to the peers, each with as many readers, all
of them reading with the same pipeline and calling back the same receiver.
"""

import contextlib
import threading
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import requests

from pipelines.ceph.synthetic import draw
from xray.bench.measure import Section, Tell, heavy_film, in_turns, no_film, percentile
from xray.cloud import CloudSettings, LocalCloud
from xray.peers import Peer, PeerMissing
from xray.project import LOCAL_PARAMETERS
from xray.receiver import Receiver

WORKERS = 2
_CLIENTS = (1, 16, 64)
_FILM_BYTES = 2_000_000
_PATIENCE_S = 180.0
_DURABLE = {
    "this service": "yes",
    "celery_redis": "no: a killed worker's film is lost",
    "celery_redis durable": "yes, unless Redis and its disk go",
    "bentoml_tasks": "no: a killed process takes its tasks along",
}


@dataclass(frozen=True)
class Load:
    """What is posted.

    Attributes:
        payload: As the table names it.
        film: The file.
        clients: How many post at once.
        films: How many each of them posts, one after the other.
    """

    payload: str
    film: bytes
    clients: int
    films: int


def loads(*, long: bool) -> list[Load]:
    """What is posted, in the order of the table."""
    film, nothing = heavy_film(draw(seed=3).jpeg(), _FILM_BYTES), no_film()
    each = 3 if long else 1
    return [
        *(Load("no-op", nothing, n, max(1, 48 // n) * each) for n in _CLIENTS),
        *(Load("2 MB film", film, n, max(1, 8 // n) * each) for n in _CLIENTS),
    ]


def measure_queueing(root: Path, tell: Tell, *, long: bool) -> Section:
    """Measure the service beside the peers.

    Args:
        root: The project's folder.
        tell: Told what is being done.
        long: Three times the films, five rounds instead of two.
    """
    section = Section(
        "From the post to the report",
        ("payload", "clients", "system", "durable", "202 p50 ms", "p99", "back p50 s", "p99",
         "tasks/s", "× ours"),
    )  # fmt: skip
    with contextlib.ExitStack() as stack:
        receiver = stack.enter_context(Receiver())
        tell("starting the service")
        # As many processes of the API as clients: their start is the emulator's, and not measured.
        settings = CloudSettings(root, LOCAL_PARAMETERS, workers=WORKERS, warm=max(_CLIENTS))
        cloud = stack.enter_context(LocalCloud(settings))
        urls = {"this service": f"{cloud.api_url}/api/v1/analyze"}
        for name, durable in (
            ("celery_redis", False), ("celery_redis", True), ("bentoml_tasks", False),
        ):  # fmt: skip
            peer = Peer(root, name, WORKERS, durable=durable)
            tell(f"starting {peer.label}")
            try:
                stack.enter_context(peer)
                urls[peer.label] = peer.submit_url
            except PeerMissing as missing:
                section.notes.append(f"{peer.label} skipped: {missing}")
        for url in urls.values():  # everybody loads its models
            warm = Load("2 MB film", heavy_film(draw(seed=3).jpeg(), 200_000), 2 * WORKERS, 1)
            _run(url, warm, receiver)
        for load in loads(long=long):
            tell(f"{load.payload}, {load.clients} clients")
            contenders = {name: _contender(url, load, receiver) for name, url in urls.items()}
            _add(section, load, in_turns(contenders, 5 if long else 2))
    section.notes += [
        f"{WORKERS} readers each; all systems run beside one another and are measured in turns.",
        "This service runs on an emulator of AWS in Python, whose time is in its figures.",
        "The peers have no part between them and this machine's disk.",
        "no-op: a PNG of 8 × 8 pixels that every reader refuses; the callback tells of it.",
    ]
    return section


def _contender(url: str, load: Load, receiver: Receiver) -> Callable[[], Mapping[str, float]]:
    return lambda: _run(url, load, receiver)


def _run(url: str, load: Load, receiver: Receiver) -> Mapping[str, float]:
    """Post everything at once from so many clients, and wait for all callbacks."""
    path = f"/{uuid.uuid4()}"
    posted: dict[str, float] = {}
    answered_ms: list[float] = []
    refused: list[str] = []

    def client() -> None:
        with requests.Session() as session:
            session.trust_env = False
            for _ in range(load.films):
                task_id = str(uuid.uuid4())
                fields = {
                    "taskId": task_id,
                    "taskType": "ceph",
                    "callbackUrl": receiver.url(path),
                }
                began = time.time()
                answer = session.post(
                    url, data=fields, files={"image": ("film", load.film)}, timeout=_PATIENCE_S
                )
                if answer.ok:
                    answered_ms.append((time.time() - began) * 1000)
                    posted[task_id] = began
                else:
                    refused.append(answer.text)

    threads = [threading.Thread(target=client) for _ in range(load.clients)]
    began = time.time()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    came = receiver.wait(path, len(posted), _PATIENCE_S)
    ended = max(one.at.timestamp() for one in came)
    back_s = [one.at.timestamp() - posted[one.json()["taskId"]] for one in came]
    return {
        "accepted_p50_ms": percentile(answered_ms, 0.5),
        "accepted_p99_ms": percentile(answered_ms, 0.99),
        "back_p50_s": percentile(back_s, 0.5),
        "back_p99_s": percentile(back_s, 0.99),
        "tasks_per_s": len(came) / (ended - began),
        "refused": len(refused),
    }


def _add(section: Section, load: Load, measured: Mapping[str, Mapping[str, float]]) -> None:
    ours = measured["this service"]["tasks_per_s"]
    for name, found in measured.items():
        section.rows.append(
            (
                load.payload,
                str(load.clients),
                name,
                _DURABLE[name].partition(",")[0].partition(":")[0],
                f"{found['accepted_p50_ms']:.0f}",
                f"{found['accepted_p99_ms']:.0f}",
                f"{found['back_p50_s']:.2f}",
                f"{found['back_p99_s']:.2f}",
                f"{found['tasks_per_s']:.1f}",
                f"{found['tasks_per_s'] / ours:.2f}",
            )
        )
        key = f"{load.payload}/{load.clients}"
        section.figures.setdefault(key, {})[name] = dict(found) | {"durable": _DURABLE[name]}
