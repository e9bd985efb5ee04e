"""Runs a network that turns a film into maps."""

from collections.abc import Callable, Generator, Sequence
from pathlib import Path
from typing import NamedTuple, TypeAlias, TypeVar

import numpy as np

from pipelines.canvas import FloatArray, Placement, place
from pipelines.errors import InferenceFailed, ModelInvalid
from pipelines.film import Film
from pipelines.models import open_model, run_network

STRIDE = 2  # canvas pixels per cell of the maps


class Look(NamedTuple):
    """What a network is to look at: a canvas with a film on it, ``(rows, columns)``."""

    model: "MapModel"
    canvas: FloatArray


Outcome = TypeVar("Outcome")
Looks: TypeAlias = Generator[Look, FloatArray, Outcome]
"""How a film is read: yields what is to be looked at, is sent the maps, returns what they say."""


class MapModel:
    """A model from a film's canvas to maps of probabilities at half its size, loaded once."""

    def __init__(self, folder: Path, labels: tuple[str, ...], member: int | None = None) -> None:
        """Load and check the model.

        Args:
            folder: The model's folder.
            labels: Names of the maps, in order.
            member: Which of the networks whose mean the model is reads alone; where it has no
                such member, the model reads as it is.

        Raises:
            ModelInvalid: It is missing or is not what its manifest says.
        """
        self.manifest, self._session = open_model(folder, labels)
        given, made = self.manifest.input.shape, self.manifest.output.shape
        if len(given) != 4 or made[1:] != (len(labels), given[2] // STRIDE, given[3] // STRIDE):
            raise ModelInvalid(f"model {self.manifest.name} does not map a film to maps of its own")
        self.canvas = (given[2], given[3])
        members = self.manifest.members
        alone = None if member is None or member >= len(members) else members[member]
        self._output = alone.output if alone else self.manifest.output.name
        self._one_network = alone is not None or not members
        self.provider: str = self._session.get_providers()[0]

    def read(
        self, film: Film, unflip: Callable[[FloatArray], FloatArray]
    ) -> Looks[tuple[FloatArray, Placement]]:
        """The maps of a film.

        A single network looks twice, at the film and at its mirror image, and the mean counts; of
        several networks the mean does the same for it.

        Args:
            film: The film.
            unflip: Turns the maps of the flipped film into those of the film.

        Yields:
            What the network is to look at; it is sent the maps of that.

        Returns:
            Maps ``(labels, rows / 2, columns / 2)``, and where the film lies on the canvas.
        """
        canvas, placement = place(film.pixels, (film.height, film.width), self.canvas)
        maps = yield Look(self, canvas)
        if self._one_network:
            flipped = yield Look(self, np.ascontiguousarray(canvas[:, ::-1]))
            maps = (maps + unflip(flipped)) * np.float32(0.5)
        return maps, placement

    def run(self, canvases: Sequence[FloatArray]) -> list[FloatArray | InferenceFailed]:
        """The maps of some canvases, or why there are none; see :func:`run_network`."""
        return run_network(self._session, self.manifest, canvases, self._output)


def look(wanted: Sequence[Look]) -> list[FloatArray | InferenceFailed]:
    """What networks see, each in one run for all that is wanted of it, if it can."""
    seen: dict[int, FloatArray | InferenceFailed] = {}
    for model in dict.fromkeys(one.model for one in wanted):
        places = [place for place, one in enumerate(wanted) if one.model is model]
        maps = model.run([wanted[place].canvas for place in places])
        seen |= dict(zip(places, maps, strict=True))
    return [seen[place] for place in range(len(wanted))]
