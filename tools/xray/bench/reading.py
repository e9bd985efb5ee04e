"""Films per processor second: the pipelines, the bare network, and model servers.

Processor seconds, not seconds: they hardly change with what else the machine does, and they are
what a GPU-less function is billed for. The bare networks run on the very tensors that the pipeline
gave to them, as often as the pipeline ran them.
"""

import contextlib
import functools
import importlib
import json
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import onnxruntime
import requests

from pipelines.models import MANIFEST
from pipelines.registry import TASK_TYPES
from xray.bench.measure import Section, Tell, heavy_film, in_turns, processor_s
from xray.peers import Peer, PeerMissing

_FILM_BYTES = 2_000_000
_SERVERS = ("bentoml_tasks", "litserve_sync")
_AS_TRAINED = ", as trained"  # not quantised
_SEED = 4  # a cephalogram that is looked at once, as 32 of 34 real ones were
NETWORKS = {"ceph": 1, "pano": 2}  # of a task type

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
    models = root / "functions/infer/models"
    with contextlib.ExitStack() as stack:
        scratch = stack.enter_context(tempfile.TemporaryDirectory())
        trained = _as_trained(models, Path(scratch) / "models")
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
            contenders: dict[str, Callable[[], Mapping[str, float]]] = {}
            runs = {}
            for suffix, folder in (("", models), (_AS_TRAINED, trained)):
                pipeline = TASK_TYPES[task_type].load()
                pipeline.setup(folder)
                read = functools.partial(pipeline.run, film, {})
                noted = _runs_of(read)
                works: dict[str, Callable[[], object]] = {
                    "pipeline": read,
                    "pipeline, no overlay": functools.partial(_undrawn, task_type, read),
                    "bare network": functools.partial(_repeat, noted),
                }
                for name, work in works.items():
                    contenders[name + suffix] = _measured(work, films)
                    runs[name + suffix] = len(noted)
            for name, peer in peers.items():
                contenders[name] = _served(peer, task_type, film, films)
                runs[name] = NETWORKS[task_type]
            _add(section, task_type, in_turns(contenders, rounds), runs)
    section.notes += [
        (
            "A film of 2 MB, decoding included; the bare networks get the pipeline's own tensors, "
            "and nothing else is done."
        ),
        (
            "The servers run the networks as they were trained, once each, after decoding all and "
            "resizing; the pipelines also measure, number, and draw the overlay, and decode in a "
            "process of its own. Without the overlay they do what the servers do, and measure."
        ),
    ]
    return section


def _as_trained(models: Path, copy: Path) -> Path:
    """The same models without their quantised networks."""
    shutil.copytree(models, copy)
    for path in copy.rglob(MANIFEST):
        manifest = json.loads(path.read_bytes())
        path.write_text(json.dumps(manifest | {"quantised": None}))
    return copy


def film_of_type(task_type: str) -> bytes | None:
    """A synthetic film of 2 MB, where films of the type can be drawn."""
    try:
        draw = importlib.import_module(f"pipelines.{task_type}.synthetic").draw
    except ModuleNotFoundError:
        return None
    return heavy_film(draw(_SEED).jpeg(), _FILM_BYTES)


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


def _undrawn(task_type: str, read: Callable[[], object]) -> None:
    """Read a film without drawing its overlay."""
    module: Any = importlib.import_module(f"pipelines.{task_type}.pipeline")
    drawing = module.overlay_of
    module.overlay_of = lambda *_: {}
    try:
        read()
    finally:
        module.overlay_of = drawing


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
    section: Section,
    task_type: str,
    measured: Mapping[str, Mapping[str, float]],
    runs: Mapping[str, int],
) -> None:
    ours = measured["pipeline"]["films_per_cpu_s"]
    for name, found in measured.items():
        section.rows.append(
            (
                task_type,
                name,
                str(runs[name]),
                f"{found['films_per_cpu_s']:.2f}",
                f"{found['films_per_s']:.2f}",
                f"{found['films_per_cpu_s'] / ours:.2f}",
            )
        )
    section.figures[task_type] = {
        name: dict(found) | {"runs": runs[name]} for name, found in measured.items()
    }
