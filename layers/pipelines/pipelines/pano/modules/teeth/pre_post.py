"""From the teeth network's maps to separate teeth.

The core map is 1 in the middle of a tooth and falls to 0 at its border: its hills are the teeth.
A hill is split where it has two summits side by side; then all hills grow until they meet.
"""

import itertools
from dataclasses import dataclass
from typing import Annotated

import numpy as np
import numpy.typing as npt
from pydantic import AfterValidator, Field

from pipelines.config import Config, Share
from pipelines.pano import regions
from pipelines.pano.regions import Box, Labels, Mask

FloatArray = npt.NDArray[np.float32]

FINE = ("upper", "lower", "core", "filling", "bridge", "implant")
"""The network's fine maps; sixteen maps of the column follow."""

RARITY = 9.0
"""How many times a restored cell counted in training, which raises its odds by as much."""

READERS = ("teeth", "restorations")
"""The modules that read this network's maps, and whose values its model may bring with it."""

_REACH = 0.3  # how far regions are let grow, so that the border can be drawn between cells
_SIDE_BY_SIDE = 0.5  # share of the narrower summit's width that the other may cover


def _rising(levels: tuple[float, ...]) -> tuple[float, ...]:
    if list(levels) != sorted(set(levels)):
        raise ValueError("must rise")
    return levels


class TeethConfig(Config):
    """What is tuned of this module; ``config.toml`` says what each value is."""

    # TOML knows arrays only, which are lists.
    levels: Annotated[tuple[Share, ...], Field(min_length=1, strict=False), AfterValidator(_rising)]
    summit: Share
    seed_cells: int = Field(ge=1)
    tooth_cells: int = Field(ge=1)
    edge: float = Field(gt=_REACH, lt=1)
    metal: Share


@dataclass(frozen=True)
class Instance:
    """A tooth that was found, not yet numbered.

    Attributes:
        mask: On the canvas, ``(rows, columns)``.
        upper: Probability of belonging to the upper jaw.
        columns: Probability of each column, ``(16,)``.
        certainty: Mean probability of being a tooth, over its area.
    """

    mask: Mask
    upper: float
    columns: npt.NDArray[np.float64]
    certainty: float


@dataclass(frozen=True)
class _Hill:
    """A region of the core map.

    Attributes:
        box: Rows and columns that it stretches over.
        mask: Which cells of the box belong to it.
    """

    box: Box
    mask: Mask


def separate(maps: FloatArray, config: TeethConfig) -> list[Instance]:
    """Find the teeth.

    Args:
        maps: Probabilities ``(6 + 16, rows, columns)`` in the order of :data:`FINE`.
        config: The module's values.

    Returns:
        The teeth, on a canvas of twice the maps' size.
    """
    edge = config.edge
    tooth = _bare(maps, config.metal)
    seeds = _seeds(maps[2], tooth > edge, config)
    grown = regions.grow(
        seeds, np.minimum(maps[2], tooth), np.linspace(0.8, 0.05, 16)
    )  # by depth first: touching teeth meet in the valley between them
    grown = regions.grow(grown, tooth, np.array([edge, _REACH]))
    large = double(tooth)
    instances = []
    for index, box in enumerate(regions.boxes(grown, int(grown.max())), start=1):
        region, likely, here = grown[box] == index, tooth[box], maps[:, *box]
        cells = region & (likely > edge)
        if np.count_nonzero(cells) < config.tooth_cells:
            continue
        upper, lower = float(here[0][cells].mean()), float(here[1][cells].mean())
        columns = here[len(FINE) :, cells].mean(axis=1).astype(np.float64)
        rows, width = (slice(2 * side.start, 2 * side.stop) for side in box)
        wide = region.repeat(2, axis=0).repeat(2, axis=1)
        mask = np.zeros(large.shape, dtype=bool)
        mask[rows, width] = regions.largest(wide & (large[rows, width] > edge))
        instances.append(
            Instance(
                mask=mask,
                upper=upper / max(upper + lower, 1e-6),
                columns=columns / max(float(columns.sum()), 1e-9),
                certainty=float(likely[cells].mean()),
            )
        )
    return instances


def _bare(maps: FloatArray, metal: float) -> FloatArray:
    """Probability of a tooth; none where there may be a crown, a bridge or an implant.

    Those are outlined apart from the teeth, whose outline then is that of the root.
    """
    tooth = np.maximum(maps[0], maps[1])
    bridge, implant = (lowered(maps[FINE.index(kind)], RARITY) for kind in ("bridge", "implant"))
    return np.where(bridge + implant > metal, np.float32(0), tooth)


def lowered(raised: FloatArray, rarity: float) -> FloatArray:
    """The probability that a network gives whose training counted some cells so many times."""
    return np.asarray(raised / (raised + rarity * (1 - raised)), dtype=np.float32)


def double(values: FloatArray) -> FloatArray:
    """A map at twice its size, bilinear: cells lie between their four pixels."""
    out = values
    for axis in (0, 1):
        shape = list(out.shape)
        shape[axis] *= 2
        large = np.empty(shape, dtype=np.float32)
        # Rows are written in place, columns through a view of them.
        cells, pair = out.swapaxes(0, axis), large.swapaxes(0, axis)
        near, far = np.float32(0.75) * cells, np.float32(0.25) * cells
        pair[0], pair[2::2] = near[0] + far[0], near[1:] + far[:-1]
        pair[-1], pair[1:-1:2] = near[-1] + far[-1], near[:-1] + far[1:]
        out = large
    return out


def _seeds(core: FloatArray, tooth: Mask, config: TeethConfig) -> Labels:
    """One region for each hill of the core map; hills with two summits side by side are two."""
    found: list[_Hill] = []
    whole = (slice(0, core.shape[0]), slice(0, core.shape[1]))
    pending = [(_parts(_Hill(whole, tooth & (core > config.levels[0])), config.seed_cells), 0)]
    while pending:
        hills, level = pending.pop()
        for hill in hills:
            higher = _split(hill, core, level, config)
            if higher is None:
                found.append(hill)
            else:
                pending.append(higher)
    seeds = np.zeros(core.shape, dtype=np.int32)
    for index, hill in enumerate(found, start=1):
        seeds[hill.box][hill.mask] = index
    return seeds


def _split(
    hill: _Hill, core: FloatArray, level: int, config: TeethConfig
) -> tuple[list[_Hill], int] | None:
    """The hill's summits at the first level where it has two side by side."""
    for higher in range(level + 1, len(config.levels)):
        cut = hill.mask & (core[hill.box] > config.levels[higher])
        summits = [
            part
            for part in _parts(_Hill(hill.box, cut), config.seed_cells)
            if core[part.box][part.mask].max() > config.levels[higher] + config.summit
        ]
        if len(summits) > 1 and _apart(summits):
            return summits, higher
    return None


def _apart(summits: list[_Hill]) -> bool:
    spans = sorted((summit.box[1].start, summit.box[1].stop) for summit in summits)
    return any(
        left[1] - right[0] < _SIDE_BY_SIDE * min(left[1] - left[0], right[1] - right[0])
        for left, right in itertools.pairwise(spans)
    )


def _parts(hill: _Hill, least: int) -> list[_Hill]:
    """The regions of a hill that are large enough to be hills."""
    labels, count = regions.label(hill.mask)
    boxes = regions.boxes(labels, count)
    top, left = (side.start for side in hill.box)
    parts = []
    for index in np.flatnonzero(regions.sizes(labels, count) >= least).tolist():
        rows, columns = boxes[index]
        around = (
            slice(top + rows.start, top + rows.stop),
            slice(left + columns.start, left + columns.stop),
        )
        parts.append(_Hill(around, labels[rows, columns] == index + 1))
    return parts
