"""What the tooth layouts of a data set say about teeth in general.

Only means and spreads leave here: for numbering (where teeth stand and how large they are) and
for drawing (how their outlines vary). Layouts count twice, as they are and flipped, so that both
sides are alike. ``python -m pipelines.pano.training.statistics DATASET`` writes both files anew.
"""

import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipelines.pano.evaluation.dataset import Layout, Polygon, read_layouts
from pipelines.pano.fdi import COLUMNS, NUMBERS, is_permanent, mirrored, slot

_REACH = 6  # columns between two teeth, at most, whose distance is known
_SPOKES = 36
_MODES = 8
_ENOUGH = 28  # teeth that a layout must have to say how a whole dentition varies
_HERE = Path(__file__).parents[1]

Array = npt.NDArray[np.float64]


def geometry(layouts: Sequence[Layout]) -> dict[str, Any]:
    """Means and spreads for numbering, in units of the median height of the film's teeth.

    Returns:
        For each jaw: ``place`` (x from the film's middle), ``width`` and ``height`` as
        ``[mean, spread]`` of each column; ``step``: for each column the ``[mean, spread]`` of the
        distance to the next, the one after it, and so on; ``present``: share of layouts.
    """
    teeth = [_measured(layout) for layout in _both_ways(layouts)]
    out: dict[str, Any] = {}
    for jaw, name in enumerate(("upper", "lower")):
        rows = [{slot(fdi)[1]: v for fdi, v in one.items() if slot(fdi)[0] == jaw} for one in teeth]
        at = [[row[column] for row in rows if column in row] for column in range(COLUMNS)]
        out[name] = {
            "place": [_spread([v[0] for v in values]) for values in at],
            "width": [_spread([v[1] for v in values]) for values in at],
            "height": [_spread([v[2] for v in values]) for values in at],
            "present": [round(len(values) / len(rows), 3) for values in at],
            "step": [
                [
                    _spread([r[there][0] - r[here][0] for r in rows if here in r and there in r])
                    for there in range(here + 1, min(here + _REACH, COLUMNS - 1) + 1)
                ]
                for here in range(COLUMNS)
            ],
        }
    return out


def shapes(layouts: Sequence[Layout]) -> dict[str, Any]:
    """Means and main modes for drawing, in fractions of a film twice as wide as high.

    Returns:
        ``aspect``; ``places``: mean and modes (each times its spread) of all teeth's centres;
        ``outlines``: for the eight types of either jaw's left-hand side of the film the mean and
        modes of the radius from the centre along 36 spokes; ``present``: share for each number.
    """
    both = _both_ways(layouts)
    full = [one for one in both if len(one.teeth) >= _ENOUGH]
    centres = np.full((len(full), len(NUMBERS), 2), np.nan)
    for row, layout in enumerate(full):
        for fdi, line in layout.teeth:
            if is_permanent(fdi):
                centres[row, NUMBERS.index(fdi)] = _square(layout, line).mean(axis=0)
    flat = centres.reshape(len(full), -1)
    flat = np.where(np.isnan(flat), np.nanmean(flat, axis=0), flat)
    radii: dict[int, list[Array]] = {fdi: [] for fdi in NUMBERS if slot(fdi)[1] < COLUMNS // 2}
    for layout in both:
        for fdi, line in layout.teeth:
            if fdi in radii:
                radii[fdi].append(spokes(_square(layout, line)))
    counts = [sum(f == fdi for one in both for f, _ in one.teeth) for fdi in NUMBERS]
    return {
        "aspect": round(float(np.mean([one.aspect for one in both])), 3),
        "places": _modes(flat),
        "outlines": {str(fdi): _modes(np.stack(lines)) for fdi, lines in radii.items()},
        "present": [round(count / len(both), 3) for count in counts],
    }


def spokes(line: Polygon) -> Array:
    """Distance from an outline's centre to its farthest border along each of 36 directions."""
    centre = line.mean(axis=0)
    dense = np.concatenate(
        [line + (np.roll(line, -1, axis=0) - line) * share for share in np.arange(0, 1, 0.1)]
    )
    x, y = (dense - centre).T
    sector = np.floor((np.arctan2(y, x) % (2 * np.pi)) / (2 * np.pi) * _SPOKES).astype(int)
    far = np.zeros(_SPOKES)
    np.maximum.at(far, np.clip(sector, 0, _SPOKES - 1), np.hypot(x, y))
    known = far > 0
    return np.interp(np.arange(_SPOKES), np.flatnonzero(known), far[known], period=_SPOKES)


def _both_ways(layouts: Sequence[Layout]) -> list[Layout]:
    flipped = [
        Layout(
            one.aspect,
            tuple(
                (mirrored(fdi), (1.0, 0.0) + line * (-1.0, 1.0))
                for fdi, line in one.teeth
                if is_permanent(fdi)
            ),
        )
        for one in layouts
    ]
    return [*layouts, *flipped]


def _square(layout: Layout, line: Polygon) -> Polygon:
    """An outline in heights of the film, from its middle and upper edge."""
    out: Polygon = (line - (0.5, 0.0)) * (layout.aspect, 1.0)
    return out


def _measured(layout: Layout) -> dict[int, tuple[float, float, float]]:
    """Place, width and height of each tooth, in median heights."""
    boxes = {
        fdi: (_square(layout, line).min(axis=0), _square(layout, line).max(axis=0))
        for fdi, line in layout.teeth
        if is_permanent(fdi)
    }
    unit = float(np.median([high[1] - low[1] for low, high in boxes.values()]))
    return {
        fdi: (
            float(low[0] + high[0]) / 2 / unit,
            float(high[0] - low[0]) / unit,
            float(high[1] - low[1]) / unit,
        )
        for fdi, (low, high) in boxes.items()
    }


def _spread(values: Sequence[float]) -> list[float]:
    middle = float(np.median(values))
    # Robust against layouts whose numbers are wrong: the spread of the inner two thirds.
    low, high = np.percentile(values, (16, 84))
    return [round(middle, 4), round(max(float(high - low) / 2, 0.01), 4)]


def _modes(rows: Array) -> dict[str, Any]:
    mean = rows.mean(axis=0)
    _, values, vectors = np.linalg.svd(rows - mean, full_matrices=False)
    spread = values[:_MODES, None] / np.sqrt(len(rows)) * vectors[:_MODES]
    return {"mean": np.round(mean, 4).tolist(), "modes": np.round(spread, 4).tolist()}


def _main(root: Path) -> None:
    layouts = read_layouts(root)
    for name, content in (
        (_HERE / "geometry.json", geometry(layouts)),
        (_HERE / "synthetic" / "shapes.json", shapes(layouts)),
    ):
        name.write_text(json.dumps(content, separators=(",", ":")) + "\n", encoding="utf-8")


if __name__ == "__main__":
    _main(Path(sys.argv[1]))
