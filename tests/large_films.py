"""What large films cost: ``python -m tests.large_films`` reads each as ceph and prints a table.

Memory is resident memory at its peak: of the process that decodes a film, beyond what every decoder
has, and of the process that reads films, beyond what it had before this one. Linux only. A film of
noise compresses badly and is refused as no cephalogram, after all the work.
"""

import io
import statistics
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import psutil
from PIL import Image

from pipelines.ceph.pipeline import CephPipeline
from pipelines.ceph.synthetic import draw
from pipelines.decoding.formats import decode
from pipelines.decoding.sandbox import shared
from pipelines.errors import PipelineError
from pipelines.film import MAX_PIXELS, read_film
from tests.template import ROOT
from tests.unit.pipelines.test_dicom import dataset, written

_CANVAS = (800, 640)
_REPEATS = 15


def _noise(megapixels: float) -> np.ndarray:
    side = int((megapixels * 1e6) ** 0.5)
    return np.random.default_rng(1).integers(0, 65535, (side, side), np.uint16)


def _dicom(stored: np.ndarray) -> bytes:
    rows, columns = stored.shape
    return written(
        dataset(
            Rows=rows,
            Columns=columns,
            PixelData=stored.tobytes(),
            BitsStored=16,
            HighBit=15,
            PhotometricInterpretation="MONOCHROME1",
            WindowCenter=30_000,
            WindowWidth=40_000,
        )
    )


def _raster(pixels: np.ndarray, kind: str, mode: str = "L", **options: object) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).convert(mode).save(out, kind, **options)
    return out.getvalue()


def _eight(stored: np.ndarray) -> np.ndarray:
    return (stored >> 8).astype(np.uint8)


FORMATS: dict[str, Callable[[np.ndarray], bytes]] = {
    "JPEG": lambda stored: _raster(_eight(stored), "JPEG"),
    "JPEG, colour, progressive": lambda stored: _raster(
        _eight(stored), "JPEG", "RGB", progressive=True
    ),
    "PNG, 16 bit": lambda stored: _raster(stored, "PNG", "I;16", compress_level=1),
    "PNG, transparent": lambda stored: _raster(_eight(stored), "PNG", "RGBA", compress_level=1),
    "BMP": lambda stored: _raster(_eight(stored), "BMP"),
    "DICOM, 16 bit": _dicom,
}


def _rows() -> Iterator[str]:
    pipeline = CephPipeline()
    pipeline.setup(Path(ROOT) / "functions/infer/models")
    read_film(draw(seed=7).jpeg())
    base = shared().last_cost.peak_bytes
    own = psutil.Process()
    for megapixels in (4, 16, MAX_PIXELS / 1e6):
        stored = _noise(megapixels)
        for name, encode in FORMATS.items():
            film = encode(stored)
            before = own.memory_info().rss
            Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
            try:
                pipeline.run(film, {})
                outcome = "read"
            except PipelineError as error:
                outcome = type(error).__name__
            cost = shared().last_cost
            peak = int(Path("/proc/self/status").read_text().partition("VmHWM:")[2].split()[0])
            yield (
                f"{name:26} {stored.size / 1e6:3.0f} MP {len(film) / 1e6:6.1f} MB   "
                f"decoder {cost.cpu_s:5.2f} s, +{(cost.peak_bytes - base) / 2**20:4.0f} MiB   "
                f"reader +{peak / 1024 - before / 2**20:4.0f} MiB   {outcome}"
            )


def _overhead() -> str:
    film = draw(seed=7).jpeg()
    here, there = [], []
    for _ in range(_REPEATS):
        for times, function in ((here, decode), (there, read_film)):
            start = time.perf_counter()
            function(film, _CANVAS)
            times.append(time.perf_counter() - start)
    inside, outside = (
        f"{1000 * statistics.median(times):.1f} ms (at best {1000 * min(times):.1f})"
        for times in (here, there)
    )
    return f"a JPEG of 1340 x 1671: decoded here in {inside}, in a process of its own in {outside}"


if __name__ == "__main__":
    for row in _rows():
        print(row, flush=True)  # noqa: T201
    print(_overhead())  # noqa: T201
