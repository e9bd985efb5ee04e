"""From a film to the canvas that the networks read, and back.

Points are ``(x, y)`` with the centre of the first pixel at ``(0, 0)``, x to the right, y down.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

FloatArray = npt.NDArray[np.float32]
Points = npt.NDArray[np.float64]

# Percentiles of the film's grey values that become black and white: collimation and metal apart,
# films of different makers then look alike to the networks.
_BLACK, _WHITE = 0.5, 99.5


@dataclass(frozen=True)
class Placement:
    """Where a film lies on a canvas.

    Attributes:
        scale: Canvas pixels per film pixel.
        left: Canvas column of the film's left edge, in pixels.
        top: Canvas row of the film's upper edge, in pixels.
    """

    scale: float
    left: int
    top: int

    def to_canvas(self, points: Points) -> Points:
        """Map points ``(..., 2)`` from film pixels to canvas pixels."""
        return (points + 0.5) * self.scale - 0.5 + (self.left, self.top)

    def to_film(self, points: Points) -> Points:
        """Map points ``(..., 2)`` from canvas pixels to film pixels."""
        return (points - (self.left, self.top) + 0.5) / self.scale - 0.5


def placement_of(size: tuple[int, int], canvas: tuple[int, int]) -> Placement:
    """Where a film of ``(rows, columns)`` lies: as large as fits, centred, its shape kept."""
    scale = min(canvas[0] / size[0], canvas[1] / size[1])
    height, width = max(1, round(size[0] * scale)), max(1, round(size[1] * scale))
    return Placement(scale, (canvas[1] - width) // 2, (canvas[0] - height) // 2)


def place(
    pixels: npt.NDArray[np.generic], size: tuple[int, int], canvas: tuple[int, int]
) -> tuple[FloatArray, Placement]:
    """Fit a film into the canvas; the rest is black.

    Args:
        pixels: Grey values ``(rows, columns)``, white is dense; may be decoded at reduced scale.
        size: ``(rows, columns)`` of the film as it was submitted.
        canvas: ``(rows, columns)`` of the canvas.

    Returns:
        The canvas, float32 in 0…1, and where the film lies on it.
    """
    rows, columns = size
    placement = placement_of(size, canvas)
    height, width = max(1, round(rows * placement.scale)), max(1, round(columns * placement.scale))
    image = Image.fromarray(np.asarray(pixels, dtype=np.float32))
    # A reduced decoder rounds its size up; the box leaves out what was rounded up.
    reduction = max(1, round(rows / pixels.shape[0]))
    box = (0.0, 0.0, columns / reduction, rows / reduction)
    small = np.asarray(image.resize((width, height), Image.Resampling.BILINEAR, box=box))
    low, high = np.percentile(small, (_BLACK, _WHITE))
    out = np.zeros(canvas, dtype=np.float32)
    left, top = placement.left, placement.top
    out[top : top + height, left : left + width] = np.clip(
        (small - low) / max(high - low, 1e-6), 0.0, 1.0
    )
    return out, placement
