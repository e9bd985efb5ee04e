"""Films per processor second: the pipelines, the bare network, and model servers.

Processor seconds, not seconds: they hardly change with what else the machine does, and they are
what a GPU-less function is billed for. The bare network runs on the very tensors that the pipeline
gave to it, as often as the pipeline ran it.
"""

import contextlib
import importlib
import os
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import onnxruntime
import requests

from pipelines.registry import TASK_TYPES
from xray.bench.measure import Section, Tell, heavy_film, in_turns, processor_s
from xray.peers import Peer, PeerMissing

_FILM_BYTES = 2_000_000
_SERVERS = ("bentoml_tasks", "litserve_sync")

Run = tuple[Any, tuple[Any, ...]]


def measure_reading(root: Path, tell: Tell, *, long: bool) -> Section:
    """Measure both pipelines beside the bare network and the model servers.

    Args:
        root: The project's folder.
        tell: Told what is being done.
        long: Five rounds of twelve films instead of three of four.
    """
    films, rounds = (12, 5) if long else (4, 3)
    section = Section(
        "Films per processor second",
        ("type", "system", "runs of the network", "films / CPU s", "films / s", "× pipeline"),
    )
    with contextlib.ExitStack() as stack:
        peers = {}
        for name in _SERVERS:
            tell(f"starting {name}")
            try:
                peers[name] = stack.enter_context(Peer(root, name, workers=1))
            except PeerMissing as missing:
                section.notes.append(f"{name} skipped: {missing}")
        for task_type in TASK_TYPES:
            film = film_of_type(task_type)
            if film is None:
                section.notes.append(f"{task_type} skipped: no film is drawn for it")
                continue
            tell(f"reading {task_type}")
            pipeline = TASK_TYPES[task_type].load()
            pipeline.setup(root / "functions/infer/models")
            runs = _runs_of(lambda p=pipeline, f=film: p.run(f, {}))  # type: ignore[misc]
            contenders = {
                "pipeline": _measured(lambda p=pipeline, f=film: p.run(f, {}), films),  # type: ignore[misc]
                "bare network": _measured(lambda r=runs: _repeat(r), films),  # type: ignore[misc]
            }
            for name, peer in peers.items():
                contenders[name] = _served(peer, task_type, film, films)
            measured = in_turns(contenders, rounds)
            _add(section, task_type, measured, len(runs))
    section.notes += [
        "A film of 2 MB, decoding included; the bare network gets the pipeline's own tensors.",
        (
            "The servers run the type's first network once, after decoding all and resizing; the "
            "pipelines look more often (mirrored, in a second frame, for caries) and measure."
        ),
    ]
    return section


def film_of_type(task_type: str) -> bytes | None:
    """A synthetic film of 2 MB, where films of the type can be drawn."""
    try:
        draw = importlib.import_module(f"pipelines.{task_type}.synthetic").draw
    except ModuleNotFoundError:
        return None
    return heavy_film(draw(seed=3).jpeg(), _FILM_BYTES)


def _runs_of(read: Callable[[], object]) -> list[Run]:
    """Every run of a network during one reading: the session and what it was given."""
    runs: list[Run] = []
    original = onnxruntime.InferenceSession.run

    def noted(session: Any, *arguments: Any) -> Any:
        runs.append((session, arguments))
        return original(session, *arguments)

    onnxruntime.InferenceSession.run = noted
    try:
        read()
    finally:
        onnxruntime.InferenceSession.run = original
    return runs


def _repeat(runs: list[Run]) -> None:
    for session, arguments in runs:
        session.run(*arguments)


def _measured(read: Callable[[], object], films: int) -> Callable[[], Mapping[str, float]]:
    def once() -> Mapping[str, float]:
        with _timed([os.getpid()], films) as figures:
            for _ in range(films):
                read()
        return figures

    return once


def _served(
    peer: Peer, task_type: str, film: bytes, films: int
) -> Callable[[], Mapping[str, float]]:
    def post(_: int) -> None:
        answer = requests.post(
            peer.predict_url,
            data={"task_type": task_type},
            files={"image": ("film", film)},
            timeout=120,
        )
        answer.raise_for_status()

    post(0)  # loads the model

    def once() -> Mapping[str, float]:
        with _timed(peer.pids, films) as figures, ThreadPoolExecutor(1) as threads:
            for _ in threads.map(post, range(films)):
                pass
        return figures

    return once


@contextlib.contextmanager
def _timed(pids: list[int], films: int) -> Iterator[dict[str, float]]:
    figures: dict[str, float] = {}
    used, began = processor_s(pids), time.perf_counter()
    yield figures
    figures["films_per_cpu_s"] = films / max(processor_s(pids) - used, 1e-9)
    figures["films_per_s"] = films / (time.perf_counter() - began)


def _add(
    section: Section, task_type: str, measured: Mapping[str, Mapping[str, float]], runs: int
) -> None:
    ours = measured["pipeline"]["films_per_cpu_s"]
    for name, found in measured.items():
        times = runs if name in ("pipeline", "bare network") else 1
        section.rows.append(
            (
                task_type,
                name,
                str(times),
                f"{found['films_per_cpu_s']:.2f}",
                f"{found['films_per_s']:.2f}",
                f"{found['films_per_cpu_s'] / ours:.2f}",
            )
        )
    section.figures[task_type] = {
        name: dict(found) | {"runs": runs if name in ("pipeline", "bare network") else 1}
        for name, found in measured.items()
    }
