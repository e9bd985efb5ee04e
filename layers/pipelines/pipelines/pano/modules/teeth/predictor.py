"""Reads the teeth of a film."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from pipelines.canvas import FloatArray, Placement
from pipelines.config import read_config
from pipelines.film import Film
from pipelines.pano import numbering
from pipelines.pano.fdi import COLUMNS, NUMBERS
from pipelines.pano.maps import STRIDE, Looks, MapModel
from pipelines.pano.modules.teeth.pre_post import FINE, READERS, Instance, TeethConfig, separate
from pipelines.pano.numbering import Candidate
from pipelines.pano.regions import Mask

LABELS = (*FINE, *(f"column{column}" for column in range(COLUMNS)))


@dataclass(frozen=True)
class Tooth:
    """A numbered tooth.

    Attributes:
        fdi: Its number.
        mask: On the canvas, ``(rows, columns)``.
        score: In 0…1: how sure the network is of the tooth and of its number.
    """

    fdi: int
    mask: Mask
    score: float


@dataclass(frozen=True)
class TeethReading:
    """What was read.

    Attributes:
        teeth: The numbered ones.
        unnumbered: Masks of teeth that fit no number: supernumerary ones or false finds.
        maps: All maps of the network, ``(labels, rows / 2, columns / 2)``.
        placement: Where the film lies on the canvas.
    """

    teeth: tuple[Tooth, ...]
    unnumbered: tuple[Mask, ...]
    maps: FloatArray
    placement: Placement


class TeethPredictor:
    """The teeth model, loaded once."""

    def __init__(self, folder: Path, member: int | None = None) -> None:
        """Load and check the model in a folder.

        Args:
            folder: The folder.
            member: As :class:`~pipelines.pano.maps.MapModel` takes it.

        Raises:
            ModelInvalid: It is missing or is not what its manifest says.
        """
        self._model = MapModel(folder, LABELS, member)
        self._config = read_config(TeethConfig, folder, READERS)
        self.manifest, self.canvas = self._model.manifest, self._model.canvas
        self.provider = self._model.provider

    def read(self, film: Film) -> Looks[TeethReading]:
        """Find and number the teeth of a film."""
        maps, placement = yield from self._model.read(film, mirrored)
        return read_teeth(maps, placement, self._config)


def read_teeth(maps: FloatArray, placement: Placement, config: TeethConfig) -> TeethReading:
    """Find and number the teeth on the network's maps of a film."""
    instances = separate(maps, config)
    middle = maps.shape[2] * STRIDE / 2
    numbered = numbering.assign([_candidate(one) for one in instances], middle)
    teeth = tuple(
        Tooth(
            fdi=one.fdi,
            mask=instances[one.candidate].mask,
            score=instances[one.candidate].certainty * one.confidence,
        )
        for one in sorted(numbered, key=lambda one: NUMBERS.index(one.fdi))
    )
    used = {one.candidate for one in numbered}
    rest = tuple(one.mask for index, one in enumerate(instances) if index not in used)
    return TeethReading(teeth, rest, maps, placement)


def mirrored(maps: FloatArray) -> FloatArray:
    """The maps of a flipped film, as they are on the film: columns change places with it."""
    flipped = maps[:, :, ::-1]
    return np.concatenate([flipped[: len(FINE)], flipped[len(FINE) :][::-1]])


def box_of(mask: Mask) -> tuple[float, float, float, float]:
    """x0, y0, x1, y1 of a mask's outer edges, the centre of the first pixel at 0."""
    rows, columns = np.flatnonzero(mask.any(axis=1)), np.flatnonzero(mask.any(axis=0))
    return columns[0] - 0.5, rows[0] - 0.5, columns[-1] + 0.5, rows[-1] + 0.5


def _candidate(one: Instance) -> Candidate:
    return Candidate(upper=one.upper, columns=one.columns, box=box_of(one.mask))
