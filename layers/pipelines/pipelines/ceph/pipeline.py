"""The ceph pipeline: a film to landmarks and angles."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pipelines.base import Pipeline, Report
from pipelines.ceph.landmarks import LANDMARKS
from pipelines.ceph.measurements import measure
from pipelines.ceph.modules.landmarks.predictor import LandmarkPredictor, Prediction
from pipelines.errors import InferenceFailed, WrongFilm
from pipelines.film import Film, read_film


class CephPipeline(Pipeline):
    """Reads lateral cephalograms whose face looks to the right."""

    def __init__(self) -> None:
        self._predictor: LandmarkPredictor | None = None

    def setup(self, models: Path) -> None:
        """Load the landmark model from ``models/ceph``."""
        self._predictor = LandmarkPredictor(models / "ceph")

    def run(self, film: bytes, options: Mapping[str, Any]) -> Report:
        """Read one film; ``pixelSpacing`` (mm) overrides what the file says of its scale."""
        if self._predictor is None:
            raise InferenceFailed("the ceph pipeline was not set up")
        decoded = read_film(film, enough=self._predictor.canvas)
        prediction = self._predictor.predict(decoded)
        manifest = self._predictor.manifest
        if prediction.masses.mean() < manifest.rejection:
            raise WrongFilm("the image does not look like a lateral cephalogram facing right")
        stated = options.get("pixelSpacing")
        spacing_mm = (stated, stated) if stated is not None else decoded.spacing_mm
        return Report(
            data=_data(decoded, prediction, spacing_mm), models={manifest.name: manifest.version}
        )


def _data(
    film: Film, prediction: Prediction, spacing_mm: tuple[float, float] | None
) -> dict[str, Any]:
    # Angles need square units: where rows and columns differ in pitch, pixels are none.
    pitch_y, pitch_x = spacing_mm or (1.0, 1.0)
    named = list(zip(LANDMARKS, prediction.points.tolist(), prediction.confidences, strict=True))
    return {
        "landmarks": [
            {
                "name": landmark.name,
                "abbreviation": landmark.abbreviation,
                "x": round(x, 1),
                "y": round(y, 1),
                "confidence": round(float(confidence), 3),
            }
            for landmark, (x, y), confidence in named
        ],
        "measurements": measure(
            {landmark.abbreviation: (x * pitch_x, y * pitch_y) for landmark, (x, y), _ in named}
        ),
        "image": {
            "width": film.width,
            "height": film.height,
            "pixelSpacing": list(spacing_mm) if spacing_mm else None,
        },
    }
