"""What the measurements share: films, percentiles, processor time and memory of process trees."""

import contextlib
import io
import statistics
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import psutil
from PIL import Image

Tell = Callable[[str], None]


@dataclass
class Section:
    """One table.

    Attributes:
        title: Its question.
        columns: Their heads.
        rows: As shown.
        notes: Sentences below it: what is assumed, what was skipped, who is ahead and why.
        figures: The same for machines.
    """

    title: str
    columns: Sequence[str]
    rows: list[Sequence[str]] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    figures: dict[str, Any] = field(default_factory=dict)


def median(values: Iterable[float]) -> float:
    """The median; not a number for none."""
    found = list(values)
    return statistics.median(found) if found else float("nan")


def percentile(values: Iterable[float], share: float) -> float:
    """The value that a share (0…1) of the values does not exceed; not a number for none."""
    found = sorted(values)
    return found[min(len(found) - 1, int(share * len(found)))] if found else float("nan")


def in_turns(
    contenders: Mapping[str, Callable[[], Mapping[str, float]]], rounds: int
) -> dict[str, dict[str, float]]:
    """Let everybody measure in turns, and give the median of each figure.

    Args:
        contenders: Name → one measurement.
        rounds: How often everybody has a turn; the order is reversed every time.
    """
    measured: dict[str, list[Mapping[str, float]]] = {name: [] for name in contenders}
    for number in range(rounds):
        order = list(contenders) if number % 2 == 0 else list(contenders)[::-1]
        for name in order:
            measured[name].append(contenders[name]())
    return {
        name: {key: median(one[key] for one in found) for key in found[0]}
        for name, found in measured.items()
    }


def tree(pids: Iterable[int]) -> list[psutil.Process]:
    """The processes and everything that they started."""
    found: list[psutil.Process] = []
    for pid in pids:
        with contextlib.suppress(psutil.Error):
            process = psutil.Process(pid)
            found += [process, *process.children(recursive=True)]
    return found


def processor_s(pids: Iterable[int]) -> float:
    """Seconds of processor time that the processes and their children have used so far.

    Children that have ended count by what their parent knows of them.
    """
    total = 0.0
    for process in tree(pids):
        with contextlib.suppress(psutil.Error):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def memory_mb(pids: Iterable[int]) -> float:
    """Resident megabytes of the processes and their children at this moment."""
    total = 0
    for process in tree(pids):
        with contextlib.suppress(psutil.Error):
            total += process.memory_info().rss
    return total / 1e6


def no_film() -> bytes:
    """A PNG of a few hundred bytes that every reader refuses at once: a task without work."""
    out = io.BytesIO()
    Image.new("L", (8, 8)).save(out, "PNG")
    return out.getvalue()


def film_of(drawn: bytes, megapixels: float, quality: int = 90) -> bytes:
    """A film scaled to a number of megapixels, as JPEG.

    Args:
        drawn: A film as any format that Pillow reads.
        megapixels: Millions of pixels.
        quality: Of the JPEG.
    """
    image = Image.open(io.BytesIO(drawn)).convert("L")
    scale = (megapixels * 1e6 / (image.width * image.height)) ** 0.5
    size = (round(image.width * scale), round(image.height * scale))
    out = io.BytesIO()
    image.resize(size, Image.Resampling.BICUBIC).save(out, "JPEG", quality=quality)
    return out.getvalue()


def heavy_film(drawn: bytes, size_bytes: int, seed: int = 1) -> bytes:
    """A film of about a number of bytes: the drawn one, larger, with the grain of a sensor.

    Args:
        drawn: A film as any format that Pillow reads.
        size_bytes: Of the JPEG, reached within a tenth.
        seed: Of the grain.
    """
    image = Image.open(io.BytesIO(film_of(drawn, 5, quality=95)))
    grain = np.random.default_rng(seed).normal(0, 6, (image.height, image.width))
    grainy = Image.fromarray(np.clip(np.asarray(image) + grain, 0, 255).astype(np.uint8))
    low, high = 5, 100
    film = b""
    while low <= high:
        quality = (low + high) // 2
        out = io.BytesIO()
        grainy.save(out, "JPEG", quality=quality)
        film = out.getvalue()
        if abs(len(film) - size_bytes) < size_bytes / 10:
            break
        low, high = (quality + 1, high) if len(film) < size_bytes else (low, quality - 1)
    return film
