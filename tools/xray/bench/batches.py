"""Films per second by how many are read at once, for pipelines that read films together.

Wherever ONNX Runtime finds a GPU, that is what is measured: the column says what ran. The network
is told apart from the rest, since decoding and drawing are done film by film in any case.
"""

import os
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import onnxruntime

from pipelines.base import FilmToRead, Pipeline, Report
from pipelines.registry import TASK_TYPES
from xray.bench.apart import read_apart
from xray.bench.measure import Section, Tell, in_turns, processor_s
from xray.bench.reading import film_of_type

SIZES = (1, 2, 4, 8)


def measure_batches(root: Path, tell: Tell, *, long: bool) -> Section:
    """Measure each pipeline that reads films together.

    Args:
        root: The project's folder.
        tell: Told what is being done.
        long: Five rounds of sixteen films instead of two of eight.
    """
    films, rounds = (16, 5) if long else (8, 2)
    section = Section(
        "Films per second by batch size",
        (
            "type",
            "provider",
            "films at once",
            "films / CPU s",
            "films / s",
            "of the network",
            "peak MB",
            "× one",
        ),
    )
    for task_type, registered in TASK_TYPES.items():
        film = film_of_type(task_type)
        if film is None:
            section.notes.append(f"{task_type} skipped: no film is drawn for it")
            continue
        tell(f"loading {task_type}")
        pipeline = registered.load()
        pipeline.setup(root / "functions/infer/models")
        if not pipeline.reads_together:
            section.notes.append(f"{task_type} skipped: its films are read one after the other")
            continue
        tell(f"reading {task_type}")
        provider = _provider(pipeline, film)
        contenders = {str(size): _read_by(pipeline, film, size, films) for size in SIZES}
        measured = in_turns(contenders, rounds)
        tell(f"reading {task_type}, in processes of their own")
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder, "film")
            file.write_bytes(film)
            for size in SIZES:
                found = read_apart(task_type, file, root / "functions/infer/models", size)
                measured[str(size)]["peak_mb"] = found["peak_mb"]
        _add(section, (task_type, provider), measured)
    section.notes.append(
        "The same film each time, decoded, read and drawn; of the network: films per second of its"
        " runs alone; peak memory of a process, with everything loaded in it."
    )
    return section


def _provider(pipeline: Pipeline, film: bytes) -> str:
    """What the networks run on; they have run with every size afterwards, as a GPU wants it."""
    outcomes: list[object] = []
    for size in SIZES:
        outcomes += pipeline.run_batch([FilmToRead(film, {})] * size)
    read = next(one for one in outcomes if isinstance(one, Report))
    return read.provider or "none"


def _read_by(
    pipeline: Pipeline, film: bytes, size: int, films: int
) -> Callable[[], Mapping[str, float]]:
    def once() -> Mapping[str, float]:
        with _Network() as network:
            used, began = processor_s([os.getpid()]), time.perf_counter()
            for _ in range(films // size):
                pipeline.run_batch([FilmToRead(film, {})] * size)
            took = time.perf_counter() - began
            used = processor_s([os.getpid()]) - used
        return {
            "films_per_cpu_s": films / max(used, 1e-9),
            "films_per_s": films / took,
            "network_films_per_s": films / max(network.took_s, 1e-9),
        }

    return once


class _Network:
    """Sums up how long the runs of networks take."""

    def __enter__(self) -> "_Network":
        self.took_s = 0.0
        self._original = original = onnxruntime.InferenceSession.run

        def timed(session: Any, *arguments: Any) -> Any:
            began = time.perf_counter()
            try:
                return original(session, *arguments)
            finally:
                self.took_s += time.perf_counter() - began

        onnxruntime.InferenceSession.run = timed
        return self

    def __exit__(self, *_: object) -> None:
        onnxruntime.InferenceSession.run = self._original


def _add(
    section: Section, kind: tuple[str, str], measured: Mapping[str, Mapping[str, float]]
) -> None:
    one = measured[str(SIZES[0])]["films_per_s"]
    for size, found in measured.items():
        figures = (*found.values(), found["films_per_s"] / one)
        section.rows.append((*kind, size, *(f"{figure:.2f}" for figure in figures)))
    section.figures[kind[0]] = {"provider": kind[1], "by_size": measured}
