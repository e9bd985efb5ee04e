"""Films at a fraction of their size, strip by strip, so that no whole copy is ever made."""

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
from PIL import Image

_FACTORS = (8, 4, 2)  # those of JPEG decoders, for all formats alike
_STRIP_PX = 2**20  # eight megabytes as double precision, which presentation may need

Strip = Callable[[npt.NDArray[np.generic]], npt.NDArray[np.generic]]


def reduction(size: tuple[int, int], enough: tuple[int, int] | None) -> int:
    """By which factor a film may be reduced.

    Args:
        size: Its rows and columns.
        enough: Rows and columns that suffice; ``None`` for all that there are.
    """
    if enough is None:
        return 1
    spare = min(size[0] // max(1, enough[0]), size[1] // max(1, enough[1]))
    return next((factor for factor in _FACTORS if factor <= spare), 1)


def reduced(
    pixels: npt.NDArray[np.generic], factor: int, shown: Strip | None = None
) -> npt.NDArray[np.generic]:
    """Average squares of ``factor`` pixels.

    Args:
        pixels: ``(rows, columns)``, or whatever ``shown`` makes such strips of.
        factor: 1 leaves the size as it is.
        shown: What is done to the pixels before, to one strip of rows after another.

    Returns:
        ``(rows, columns)``, both divided by the factor and rounded up; bytes stay bytes, all else
        that was computed is in single precision.
    """
    if factor == 1 and shown is None:
        return pixels
    if pixels.dtype == np.uint8 and shown is None:
        return np.asarray(Image.fromarray(pixels).reduce(factor))
    rows, columns = pixels.shape[:2]
    out = np.empty((-(-rows // factor), -(-columns // factor)), dtype=np.float32)
    step = max(1, _STRIP_PX // columns // factor) * factor
    for top in range(0, rows, step):
        strip = pixels[top : top + step]
        values = np.asarray(shown(strip) if shown else strip, dtype=np.float32)
        if factor > 1:
            values = np.asarray(Image.fromarray(values).reduce(factor))
        out[top // factor : top // factor + len(values)] = values
    return out
