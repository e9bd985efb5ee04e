"""From a film to the network's canvas, and from its heatmaps back to points on the film.

Points are ``(x, y)`` with the centre of the first pixel at ``(0, 0)``, x to the right, y down.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image

FloatArray = npt.NDArray[np.float32]
Points = npt.NDArray[np.float64]

# Percentiles of the film's grey values that become black and white: collimation and metal apart,
# films of different makers then look alike to the network.
_BLACK, _WHITE = 0.5, 99.5
_WINDOW = 4  # heatmap cells around the peak that vote on its place: about three of its sigmas
_NEAR_CELLS = 1.8  # about 2 mm on the films of the training set


@dataclass(frozen=True)
class Placement:
    """Where a film lies on the canvas.

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


def place(
    pixels: npt.NDArray[np.generic], size: tuple[int, int], canvas: tuple[int, int]
) -> tuple[FloatArray, Placement]:
    """Fit a film into the canvas, centred, its shape kept, the rest black.

    Args:
        pixels: Grey values ``(rows, columns)``, white is dense; may be decoded at reduced scale.
        size: ``(rows, columns)`` of the film as it was submitted.
        canvas: ``(rows, columns)`` of the canvas.

    Returns:
        The canvas, float32 in 0…1, and where the film lies on it.
    """
    rows, columns = size
    scale = min(canvas[0] / rows, canvas[1] / columns)
    height, width = max(1, round(rows * scale)), max(1, round(columns * scale))
    image = Image.fromarray(np.asarray(pixels, dtype=np.float32))
    # A reduced decoder rounds its size up; the box leaves out what was rounded up.
    reduction = max(1, round(rows / pixels.shape[0]))
    box = (0.0, 0.0, columns / reduction, rows / reduction)
    small = np.asarray(image.resize((width, height), Image.Resampling.BILINEAR, box=box))
    low, high = np.percentile(small, (_BLACK, _WHITE))
    grey = np.clip((small - low) / max(high - low, 1e-6), 0.0, 1.0)
    top, left = (canvas[0] - height) // 2, (canvas[1] - width) // 2
    out = np.zeros(canvas, dtype=np.float32)
    out[top : top + height, left : left + width] = grey
    return out, Placement(scale=scale, left=left, top=top)


def decode(heatmaps: FloatArray, stride: float) -> tuple[Points, npt.NDArray[np.float64]]:
    """Points and how concentrated their heatmaps are.

    The point is the mean of the heatmap in a window around its peak, which finds it between the
    cells; the mass within about 2 mm of it is what the network itself gives for being right.

    Args:
        heatmaps: Probabilities ``(landmarks, rows, columns)``, each map summing to 1.
        stride: Canvas pixels per heatmap cell.

    Returns:
        Points ``(landmarks, 2)`` in canvas pixels and masses ``(landmarks,)`` in 0…1.
    """
    points = np.empty((len(heatmaps), 2))
    masses = np.empty(len(heatmaps))
    rows, columns = np.mgrid[: heatmaps.shape[1], : heatmaps.shape[2]]
    for index, heatmap in enumerate(heatmaps):
        row, column = divmod(int(heatmap.argmax()), heatmap.shape[1])
        window = (
            slice(max(row - _WINDOW, 0), row + _WINDOW + 1),
            slice(max(column - _WINDOW, 0), column + _WINDOW + 1),
        )
        weights = heatmap[window].astype(np.float64)
        weights /= max(weights.sum(), 1e-12)
        x, y = (weights * columns[window]).sum(), (weights * rows[window]).sum()
        points[index] = x, y
        near = np.hypot(columns[window] - x, rows[window] - y) <= _NEAR_CELLS
        masses[index] = heatmap[window][near].sum()
    return (points + 0.5) * stride - 0.5, np.clip(masses, 0.0, 1.0)
