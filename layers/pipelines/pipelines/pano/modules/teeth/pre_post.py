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
from pipelines.pano.regions import Labels, Mask

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
    wide = np.repeat(np.repeat(grown, 2, axis=0), 2, axis=1)
    instances = []
    for index in range(1, int(grown.max()) + 1):
        cells = (grown == index) & (tooth > edge)
        if cells.sum() < config.tooth_cells:
            continue
        upper, lower = float(maps[0][cells].mean()), float(maps[1][cells].mean())
        columns = maps[len(FINE) :, cells].mean(axis=1).astype(np.float64)
        instances.append(
            Instance(
                mask=regions.largest((wide == index) & (large > edge)),
                upper=upper / max(upper + lower, 1e-6),
                columns=columns / max(float(columns.sum()), 1e-9),
                certainty=float(tooth[cells].mean()),
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
        before = np.concatenate([out.take([0], axis), out.take(range(out.shape[axis] - 1), axis)],
                                axis)  # fmt: skip
        after = np.concatenate([out.take(range(1, out.shape[axis]), axis), out.take([-1], axis)],
                               axis)  # fmt: skip
        pair = np.stack([0.75 * out + 0.25 * before, 0.75 * out + 0.25 * after], axis=axis + 1)
        shape = list(out.shape)
        shape[axis] *= 2
        out = pair.reshape(shape)
    return np.asarray(out, dtype=np.float32)


def _seeds(core: FloatArray, tooth: Mask, config: TeethConfig) -> Labels:
    """One region for each hill of the core map; hills with two summits side by side are two."""
    found: list[Mask] = []
    pending = [(tooth & (core > config.levels[0]), 0)]
    while pending:
        mask, level = pending.pop()
        for hill in _parts(mask, config.seed_cells):
            higher = _split(hill, core, level, config)
            if higher is None:
                found.append(hill)
            else:
                pending.append(higher)
    seeds = np.zeros(core.shape, dtype=np.int32)
    for index, hill in enumerate(found, start=1):
        seeds[hill] = index
    return seeds


def _split(
    hill: Mask, core: FloatArray, level: int, config: TeethConfig
) -> tuple[Mask, int] | None:
    """The hill cut at the first level where it has two summits side by side."""
    for higher in range(level + 1, len(config.levels)):
        cut = hill & (core > config.levels[higher])
        least = config.levels[higher] + config.summit
        summits = [part for part in _parts(cut, config.seed_cells) if core[part].max() > least]
        if len(summits) > 1 and _apart(summits):
            mask: Mask = np.logical_or.reduce(summits)
            return mask, higher
    return None


def _apart(summits: list[Mask]) -> bool:
    spans = sorted(
        (int(columns[0]), int(columns[-1]) + 1)
        for columns in (np.flatnonzero(summit.any(axis=0)) for summit in summits)
    )
    return any(
        left[1] - right[0] < _SIDE_BY_SIDE * min(left[1] - left[0], right[1] - right[0])
        for left, right in itertools.pairwise(spans)
    )


def _parts(mask: Mask, least: int) -> list[Mask]:
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    if not len(rows):
        return []
    box = (slice(rows[0], rows[-1] + 1), slice(columns[0], columns[-1] + 1))
    labels, count = regions.label(mask[box])  # hills are small, and there are many
    cells = regions.sizes(labels, count)
    parts = []
    for index in np.flatnonzero(cells >= least).tolist():
        part = np.zeros(mask.shape, dtype=bool)
        part[box] = labels == index + 1
        parts.append(part)
    return parts
