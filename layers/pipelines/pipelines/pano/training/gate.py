"""What the gate does with films of other kinds."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from pipelines.ceph import synthetic as ceph
from pipelines.errors import WrongFilm
from pipelines.pano.pipeline import PanoPipeline

_FILMS = 8  # of each kind
_STRIP = 0.45  # of a cephalogram's height; as wide as the film it has a panoramic's shape


def measure(models: Path) -> dict[str, Any]:
    """Show the pipeline films of other kinds in the shape of a panoramic.

    Args:
        models: Folder with the models in ``pano``.

    Returns:
        By kind, how many films there were and how many were ``refused``.
    """
    pipeline = PanoPipeline()
    pipeline.setup(models)
    figures: dict[str, Any] = {}
    for kind, pixels in _others():
        one = figures.setdefault(kind, {"n": 0, "refused": 0})
        one["n"] += 1
        try:
            pipeline.run(_png(pixels), {})
        except WrongFilm:
            one["refused"] += 1
    return figures


def _others() -> Iterator[tuple[str, npt.NDArray[np.uint8]]]:
    for seed in range(_FILMS):
        film = np.asarray(ceph.draw(seed).pixels)
        rows = len(film)
        for share in (0.15, 0.5):
            top = int(share * rows)
            yield "strips of cephalograms", film[top : top + int(_STRIP * rows)]
        chance = np.random.default_rng(seed)
        yield "noise", chance.integers(0, 256, (360, 720), dtype=np.uint8)
        wave = np.sin(np.linspace(0, 20 + 10 * seed, 720))
        yield "stripes", np.broadcast_to(127 + 120 * wave, (360, 720)).astype(np.uint8)


def _png(pixels: npt.NDArray[np.uint8]) -> bytes:
    file = io.BytesIO()
    Image.fromarray(pixels).save(file, "PNG")
    return file.getvalue()
