"""From the restoration maps to single restorations.

The teeth network gives these maps beside its own: the few films on which restorations were
outlined are those with outlined teeth, so that a network of their own would learn no more. The
network tells well where a restoration is, less well of what kind: that is told by its size
against the film's teeth. All limits were chosen on the films trained on.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from pipelines.canvas import FloatArray
from pipelines.pano import regions
from pipelines.pano.modules.teeth.pre_post import FINE, RARITY, double, lowered
from pipelines.pano.regions import Mask

KINDS = ("filling", "bridge", "implant")
_SURE = 0.4  # sum of the three probabilities: the kinds share what one of them would have
_PIXELS = 24  # less is a stray spot, on the canvas
_WIDE, _LARGE = 2.1, 1.1  # median widths and areas of teeth from which it is a bridge
_SCREW, _NARROW, _LONG = 0.007, 1.2, 0.5  # an implant's own probability, widths and heights


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


def restorations(maps: FloatArray, teeth: Sequence[Mask]) -> list[Restoration]:
    """Find the restorations on the teeth network's maps.

    Args:
        maps: Of the network, ``(labels, rows / 2, columns / 2)``.
        teeth: Masks of the film's teeth, for comparison, at least one.
    """
    each = [double(lowered(maps[FINE.index(kind)], RARITY)) for kind in KINDS]
    chance = np.minimum(np.sum(each, axis=0), 1.0)
    height, width = np.median([_extent(tooth) for tooth in teeth], axis=0).tolist()
    area = float(np.median([tooth.sum() for tooth in teeth]))
    labels, count = regions.label(chance > _SURE)
    found = []
    for index in np.flatnonzero(regions.sizes(labels, count) >= _PIXELS).tolist():
        mask = labels == index + 1
        rows, columns = _extent(mask)
        screw = float(each[KINDS.index("implant")][mask].mean()) > _SCREW
        if screw and columns < _NARROW * width and rows > _LONG * height:
            kind = "implant"
        else:
            large = columns > _WIDE * width or mask.sum() > _LARGE * area
            kind = "bridge" if large else "filling"
        found.append(Restoration(kind, mask, float(chance[mask].mean())))
    return found


def _extent(mask: Mask) -> tuple[int, int]:
    """Rows and columns that a mask stretches over."""
    rows, columns = (np.flatnonzero(mask.any(axis=axis)) for axis in (1, 0))
    return int(np.ptp(rows)) + 1, int(np.ptp(columns)) + 1
