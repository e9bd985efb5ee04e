"""Runs a network that turns a film into maps."""

from collections.abc import Callable
from pathlib import Path

import numpy as np

from pipelines.canvas import FloatArray, Placement, place
from pipelines.errors import InferenceFailed, ModelInvalid
from pipelines.film import Film
from pipelines.models import open_model

STRIDE = 2  # canvas pixels per cell of the maps


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
        if len(given) != 4 or made != (1, len(labels), given[2] // STRIDE, given[3] // STRIDE):
            raise ModelInvalid(f"model {self.manifest.name} does not map a film to maps of its own")
        self.canvas = (given[2], given[3])
        outputs = dict(enumerate(one.output for one in self.manifest.members))
        self._output = outputs.get(-1 if member is None else member, self.manifest.output.name)
        self.provider: str = self._session.get_providers()[0]

    def read_both_ways(
        self, film: Film, unflip: Callable[[FloatArray], FloatArray]
    ) -> tuple[FloatArray, Placement]:
        """The mean of the maps of a film and of those of its mirror image, flipped back.

        Args:
            film: The film.
            unflip: Turns the maps of the flipped film into those of the film.

        Returns:
            Maps ``(labels, rows / 2, columns / 2)``, and where the film lies on the canvas.

        Raises:
            InferenceFailed: The network failed or gave no numbers.
        """
        canvas, placement = place(film.pixels, (film.height, film.width), self.canvas)
        flipped = np.ascontiguousarray(canvas[:, ::-1])
        maps = self._run(canvas) + unflip(self._run(flipped))
        return maps * np.float32(0.5), placement

    def _run(self, canvas: FloatArray) -> FloatArray:
        name = self.manifest.name
        try:
            (maps,) = self._session.run(
                [self._output], {self.manifest.input.name: canvas[None, None]}
            )
        except Exception as error:  # onnxruntime's own exceptions share no base but Exception
            raise InferenceFailed(f"the network {name} failed on this film") from error
        if not np.isfinite(maps).all():
            raise InferenceFailed(f"the network {name} gave no numbers for this film")
        return np.asarray(maps[0], dtype=np.float32)
