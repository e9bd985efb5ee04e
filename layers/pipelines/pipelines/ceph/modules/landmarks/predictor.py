"""Runs the landmark network on a film."""

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipelines.canvas import Points, place
from pipelines.ceph.landmarks import ABBREVIATIONS
from pipelines.ceph.modules.landmarks.pre_post import LandmarksConfig, decode
from pipelines.config import read_config
from pipelines.errors import InferenceFailed, ModelInvalid
from pipelines.film import Film
from pipelines.models import open_model


@dataclass(frozen=True)
class Prediction:
    """Landmarks read on a film.

    Attributes:
        points: ``(19, 2)`` in pixels of the submitted image.
        confidences: ``(19,)``, the probability of lying within 2 mm of the truth.
        masses: ``(19,)``, what confidences are calibrated from: the share of each heatmap that
            lies about its point.
    """

    points: Points
    confidences: npt.NDArray[np.float64]
    masses: npt.NDArray[np.float64]


class LandmarkPredictor:
    """The landmark model, loaded once."""

    def __init__(self, folder: Path) -> None:
        """Load and check the model.

        Args:
            folder: The model's folder.

        Raises:
            ModelInvalid: It is missing or is not what its manifest says.
        """
        self.manifest, self._session = open_model(folder, ABBREVIATIONS)
        given, made = self.manifest.input.shape, self.manifest.output.shape
        if len(given) != 4 or len(made) != 4 or made[1] != len(ABBREVIATIONS):
            raise ModelInvalid(f"model {self.manifest.name} does not map a film to 19 heatmaps")
        self.canvas = (given[2], given[3])
        self.provider: str = self._session.get_providers()[0]
        self._stride = given[2] / made[2]
        self._config = read_config(LandmarksConfig, folder)

    def predict(self, film: Film) -> Prediction:
        """Read the landmarks of a film.

        Raises:
            InferenceFailed: The network failed or gave no numbers.
        """
        canvas, placement = place(film.pixels, (film.height, film.width), self.canvas)
        try:
            (heatmaps,) = self._session.run(
                [self.manifest.output.name], {self.manifest.input.name: canvas[None, None]}
            )
        except Exception as error:  # onnxruntime's own exceptions share no base but Exception
            raise InferenceFailed("the landmark network failed on this film") from error
        if not np.isfinite(heatmaps).all():
            raise InferenceFailed("the landmark network gave no numbers for this film")
        points, masses = decode(heatmaps[0], self._stride, self._config)
        raw, probability = np.array(self.manifest.calibration).T
        return Prediction(placement.to_film(points), np.interp(masses, raw, probability), masses)
