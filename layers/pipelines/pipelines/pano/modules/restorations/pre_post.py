"""From the restoration maps to single restorations.

The teeth network gives these maps beside its own: the few films on which restorations were
outlined are those with outlined teeth, so that a network of their own would learn no more. The
network tells well where a restoration is, less well of what kind: that is told by its size
against the film's teeth.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from pydantic import Field

from pipelines.canvas import FloatArray
from pipelines.config import Config, Share
from pipelines.pano import regions
from pipelines.pano.modules.teeth.pre_post import FINE, RARITY, double, lowered
from pipelines.pano.regions import Box, Mask

KINDS = ("filling", "bridge", "implant")


class RestorationsConfig(Config):
    """What is tuned of this module; ``config.toml`` says what each value is."""

    sure: Share
    pixels: int = Field(ge=1)
    bridge_widths: float = Field(gt=0)
    bridge_areas: float = Field(gt=0)
    implant: Share
    implant_widths: float = Field(gt=0)
    implant_heights: float = Field(gt=0)


@dataclass(frozen=True)
class Restoration:
    """A restoration.

    Attributes:
        kind: One of :data:`KINDS`; a bridge may be a single crown.
        mask: On the teeth's canvas, ``(rows, columns)``.
        score: Mean over its area of the probability of any restoration.
    """

    kind: str
    mask: Mask
    score: float


def restorations(
    maps: FloatArray, teeth: Sequence[Mask], config: RestorationsConfig
) -> list[Restoration]:
    """Find the restorations on the teeth network's maps.

    Args:
        maps: Of the network, ``(labels, rows / 2, columns / 2)``.
        teeth: Masks of the film's teeth, for comparison, at least one.
        config: The module's values.
    """
    each = [double(lowered(maps[FINE.index(kind)], RARITY)) for kind in KINDS]
    chance = np.minimum(np.sum(each, axis=0), 1.0)
    height, width = np.median([_extent(regions.box(tooth)) for tooth in teeth], axis=0).tolist()
    area = float(np.median([np.count_nonzero(tooth) for tooth in teeth]))
    labels, count = regions.label(chance > config.sure)
    cells = regions.sizes(labels, count).tolist()
    found = []
    for index, box in enumerate(regions.boxes(labels, count)):
        if cells[index] < config.pixels:
            continue
        part = labels[box] == index + 1
        rows, columns = _extent(box)
        slender = columns < config.implant_widths * width and rows > config.implant_heights * height
        if slender and float(each[KINDS.index("implant")][box][part].mean()) > config.implant:
            kind = "implant"
        else:
            wide = columns > config.bridge_widths * width
            large = wide or cells[index] > config.bridge_areas * area
            kind = "bridge" if large else "filling"
        mask = np.zeros(labels.shape, dtype=bool)
        mask[box] = part
        found.append(Restoration(kind, mask, float(chance[box][part].mean())))
    return found


def _extent(box: Box) -> tuple[int, int]:
    """How many rows and columns a box has."""
    rows, columns = box
    return rows.stop - rows.start, columns.stop - columns.start
