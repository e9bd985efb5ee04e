"""Runs the landmark network on films."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt

from pipelines.canvas import FloatArray, Placement, Points, place
from pipelines.ceph.landmarks import ABBREVIATIONS
from pipelines.ceph.modules.landmarks.pre_post import LandmarksConfig, decode
from pipelines.config import read_config
from pipelines.errors import InferenceFailed, ModelInvalid
from pipelines.film import Film
from pipelines.models import open_model, run_network


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
        [outcome] = self.predict_all([film])
        if isinstance(outcome, InferenceFailed):
            raise outcome
        return outcome

    def predict_all(self, films: Sequence[Film]) -> list[Prediction | InferenceFailed]:
        """Read the landmarks of some films, in one run of a network that can.

        Returns:
            For each film, in their order, its landmarks, or that the network failed on it.
        """
        placed = [place(film.pixels, (film.height, film.width), self.canvas) for film in films]
        given = run_network(self._session, self.manifest, [canvas for canvas, _ in placed])
        return [
            heatmaps if isinstance(heatmaps, InferenceFailed) else self._found(heatmaps, placement)
            for heatmaps, (_, placement) in zip(given, placed, strict=True)
        ]

    def _found(self, heatmaps: FloatArray, placement: Placement) -> Prediction:
        points, masses = decode(heatmaps, self._stride, self._config)
        raw, probability = np.array(self.manifest.calibration).T
        return Prediction(placement.to_film(points), np.interp(masses, raw, probability), masses)
