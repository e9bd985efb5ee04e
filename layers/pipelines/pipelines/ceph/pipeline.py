"""The ceph pipeline: films to landmarks and what they measure."""

from collections.abc import Generator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from pipelines.base import BatchPipeline, FilmToRead, Report
from pipelines.ceph.analyses import analyse
from pipelines.ceph.framing import read_in_frame
from pipelines.ceph.landmarks import LANDMARKS
from pipelines.ceph.modules.landmarks.predictor import LandmarkPredictor, Prediction
from pipelines.ceph.orientation import Reading, read_either_way
from pipelines.errors import InferenceFailed, PipelineError, WrongFilm
from pipelines.film import Film, read_film, start_decoder
from pipelines.lockstep import in_step
from pipelines.memory import keep_freed_memory
from pipelines.overlay.artefact import overlay_of
from pipelines.overlay.picture import ENOUGH

# As shares of the gate, which is seven tenths of the mean mass of the least certain held-out film.
_SURE = 1 / 0.7  # as certain as that one: needs no look in the mirror
_LOST = 0.5  # films that only lie badly have 0.9 of the gate and more at first


class CephPipeline(BatchPipeline):
    """Reads lateral cephalograms, whether the face looks to the right or to the left."""

    def __init__(self) -> None:
        self._predictor: LandmarkPredictor | None = None

    def setup(self, models: Path) -> None:
        """Load the landmark model from ``models/ceph``."""
        keep_freed_memory()
        start_decoder()
        self._predictor = LandmarkPredictor(models / "ceph")

    @property
    def reads_together(self) -> bool:
        """Whether the landmark model reads any number of films at once."""
        return self._predictor is not None and self._predictor.manifest.reads_together

    def run_batch(self, films: Sequence[FilmToRead]) -> list[Report | PipelineError]:
        """Read some films; each look at them is one run of the network.

        ``pixelSpacing`` (mm) overrides what the file says of its scale; ``sex`` chooses norms.
        """
        if self._predictor is None:
            raise InferenceFailed("the ceph pipeline was not set up")
        readings = [_reading(self._predictor, film) for film in films]
        return in_step(readings, self._predictor.predict_all)


def _reading(predictor: LandmarkPredictor, film: FilmToRead) -> Generator[Film, Prediction, Report]:
    """From a film to its report; yields what the network is to look at."""
    decoded = read_film(film.content, ENOUGH)
    reading = yield from _landmarks_of(predictor, decoded.reduced(predictor.canvas))
    stated = film.options.get("pixelSpacing")
    spacing_mm = (stated, stated) if stated is not None else decoded.spacing_mm
    analysed = analyse(
        _in_square_units(reading, spacing_mm),
        mm_per_unit=1.0 if spacing_mm else None,
        sex=film.options.get("sex"),
    )
    data = _data(decoded, reading, spacing_mm) | analysed
    return Report(
        data=data,
        artefacts=overlay_of(decoded, data),
        models={predictor.manifest.name: predictor.manifest.version},
        provider=predictor.provider,
    )


def _landmarks_of(predictor: LandmarkPredictor, film: Film) -> Generator[Film, Prediction, Reading]:
    gate = predictor.manifest.rejection
    reading = yield from read_either_way(film, _SURE * gate)
    if reading.prediction.masses.mean() >= _LOST * gate:
        prediction = yield from read_in_frame(reading.film, reading.prediction, predictor.canvas)
        reading = replace(reading, prediction=prediction)
    if reading.prediction.masses.mean() < gate:
        raise WrongFilm("the image does not look like a lateral cephalogram")
    return reading


def _data(film: Film, reading: Reading, spacing_mm: tuple[float, float] | None) -> dict[str, Any]:
    return {
        "landmarks": _landmarks(reading),
        "image": {
            "width": film.width,
            "height": film.height,
            "pixelSpacing": list(spacing_mm) if spacing_mm else None,
            "facing": "left" if reading.mirrored else "right",
        },
    }


def _landmarks(reading: Reading) -> list[dict[str, Any]]:
    points, confidences = reading.submitted_points().tolist(), reading.prediction.confidences
    return [
        {
            "name": landmark.name,
            "abbreviation": landmark.abbreviation,
            "x": round(x, 1),
            "y": round(y, 1),
            "confidence": round(float(confidence), 3),
        }
        for landmark, (x, y), confidence in zip(LANDMARKS, points, confidences, strict=True)
    ]


def _in_square_units(
    reading: Reading, spacing_mm: tuple[float, float] | None
) -> dict[str, tuple[float, float]]:
    # Angles need square units: where rows and columns differ in pitch, pixels are none.
    pitch_y, pitch_x = spacing_mm or (1.0, 1.0)
    points = reading.prediction.points.tolist()
    return {
        landmark.abbreviation: (x * pitch_x, y * pitch_y)
        for landmark, (x, y) in zip(LANDMARKS, points, strict=True)
    }
