"""From the caries map to lesions."""

from dataclasses import dataclass

import numpy as np
from pydantic import Field

from pipelines.canvas import FloatArray, Placement, Points
from pipelines.config import Config, Share
from pipelines.pano import regions
from pipelines.pano.modules.teeth.pre_post import double, lowered

LABELS = ("caries",)
RARITY = 26.0
"""How many times a carious cell counted in training, which raises its odds by as much."""


class CariesConfig(Config):
    """What is tuned of this module; ``config.toml`` says what each value is."""

    sure: Share
    pixels: int = Field(ge=1)


@dataclass(frozen=True)
class Lesion:
    """A carious region.

    Attributes:
        outline: ``(n, 2)`` in pixels of the submitted image.
        score: Mean probability over its area.
    """

    outline: Points
    score: float


def lesions(maps: FloatArray, placement: Placement, config: CariesConfig) -> list[Lesion]:
    """Find the lesions on the network's map, ``(1, rows / 2, columns / 2)``.

    Args:
        maps: Of the network.
        placement: Where the film lies on the canvas.
        config: The module's values.
    """
    # Most cells hold subnormal numbers, with which processors are many times slower.
    chance = lowered(double(np.maximum(maps[0], np.float32(1e-20))), RARITY)
    labels, count = regions.label(chance > config.sure)
    boxes, found = regions.boxes(labels, count), []
    for index in np.flatnonzero(regions.sizes(labels, count) >= config.pixels).tolist():
        rows, columns = boxes[index]
        mask = labels[rows, columns] == index + 1
        corner = np.array([columns.start, rows.start])
        outline = placement.to_film(corner + regions.outline(mask, 0.5))
        found.append(Lesion(outline, float(chance[rows, columns][mask].mean())))
    return found
