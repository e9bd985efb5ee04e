"""Confidences against the share that is right."""

import numpy as np
import numpy.typing as npt

from xray.plots.svg import BLUE, QUIET, Axes, Drawing

_BINS = 10


def share_plot(
    said: npt.NDArray[np.float64], right: npt.NDArray[np.bool_], words: tuple[str, str]
) -> Drawing:
    """A reliability diagram.

    Args:
        said: Confidences.
        right: Whether what they are about is right.
        words: What they are about, and what is shown upwards.
    """
    drawing = Drawing(560, 560, "Do confidences mean what they say?")
    axes = Axes(drawing, (70, 76), (530, 490), (0, 1), (0, 1))
    axes.grid("confidence", words[1])
    drawing.line((axes.at(0, 0), axes.at(1, 1)), QUIET, 1.2, "5 4")
    bins = np.minimum((said * _BINS).astype(int), _BINS - 1)
    gap = 0.0
    for index in np.unique(bins):
        chosen = bins == index
        count, mean, share = int(chosen.sum()), float(said[chosen].mean()), right[chosen].mean()
        gap += count / len(said) * abs(float(share) - mean)
        low, high = _wilson(float(share), count)
        drawing.line((axes.at(mean, low), axes.at(mean, high)), BLUE, 1.5)
        x, y = axes.at(mean, float(share))
        drawing.dot((x, y), 5, BLUE)
        beside, anchor = (-9, "end") if mean > 0.85 else (9, "start")
        drawing.text((x + beside, y + 4), f"n = {count}", anchor, 11)
    line = f"mean gap {100 * gap:.1f} % · {len(said)} {words[0]} · bars: 95 % interval"
    drawing.text((70, 48), line)
    return drawing


def _wilson(share: float, count: int) -> tuple[float, float]:
    """The 95 % interval of a share (Wilson 1927)."""
    z = 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z / (1 + z * z / count) * (share * (1 - share) / count + (z / (2 * count)) ** 2) ** 0.5
    return middle - half, middle + half
