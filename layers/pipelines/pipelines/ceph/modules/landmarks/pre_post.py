"""From the heatmaps of the network to points on its canvas.

Points are ``(x, y)`` with the centre of the first pixel at ``(0, 0)``, x to the right, y down.
"""

import numpy as np
import numpy.typing as npt
from pydantic import Field

from pipelines.canvas import FloatArray, Points
from pipelines.config import Config


class LandmarksConfig(Config):
    """What is tuned of this module; ``config.toml`` says what each value is."""

    window: int = Field(ge=1)
    near_cells: float = Field(gt=0)


def decode(
    heatmaps: FloatArray, stride: float, config: LandmarksConfig
) -> tuple[Points, npt.NDArray[np.float64]]:
    """Points and how concentrated their heatmaps are.

    The point is the mean of the heatmap in a window around its peak, which finds it between the
    cells; the mass within about 2 mm of it is what the network itself gives for being right.

    Args:
        heatmaps: Probabilities ``(landmarks, rows, columns)``, each map summing to 1.
        stride: Canvas pixels per heatmap cell.
        config: The module's values.

    Returns:
        Points ``(landmarks, 2)`` in canvas pixels and masses ``(landmarks,)`` in 0…1.
    """
    reach = config.window
    points = np.empty((len(heatmaps), 2))
    masses = np.empty(len(heatmaps))
    rows, columns = np.mgrid[: heatmaps.shape[1], : heatmaps.shape[2]]
    for index, heatmap in enumerate(heatmaps):
        row, column = divmod(int(heatmap.argmax()), heatmap.shape[1])
        window = (
            slice(max(row - reach, 0), row + reach + 1),
            slice(max(column - reach, 0), column + reach + 1),
        )
        weights = heatmap[window].astype(np.float64)
        weights /= max(weights.sum(), 1e-12)
        x, y = (weights * columns[window]).sum(), (weights * rows[window]).sum()
        points[index] = x, y
        near = np.hypot(columns[window] - x, rows[window] - y) <= config.near_cells
        masses[index] = heatmap[window][near].sum()
    return (points + 0.5) * stride - 0.5, np.clip(masses, 0.0, 1.0)
