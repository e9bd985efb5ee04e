"""The pano pipeline: films to numbered teeth and findings."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from pipelines.base import BatchPipeline, FilmToRead, Report
from pipelines.errors import InferenceFailed, PipelineError, WrongFilm
from pipelines.film import Film, read_film, start_decoder
from pipelines.lockstep import in_step
from pipelines.memory import keep_freed_memory
from pipelines.models import MANIFEST
from pipelines.overlay.artefact import overlay_of
from pipelines.overlay.picture import ENOUGH
from pipelines.pano.maps import Looks, look
from pipelines.pano.modules.caries.predictor import CariesPredictor
from pipelines.pano.modules.restorations.predictor import RestorationsPredictor
from pipelines.pano.modules.teeth.predictor import TeethPredictor, TeethReading
from pipelines.pano.numbering import prevalence
from pipelines.pano.report import Evidence, report

# Width over height. The films of the data sets and layouts have 1.6 to 2.2; a cephalogram has 0.8.
_ASPECT = (1.3, 3.2)
_FEWEST = 4  # teeth without which neither jaws nor numbers can be told
_RECALL = 0.9  # of teeth, where the manifest does not say


class PanoPipeline(BatchPipeline):
    """Reads panoramic radiographs."""

    def __init__(self, member: int | None = None) -> None:
        """Make a pipeline that has loaded nothing yet.

        Args:
            member: Which of the networks whose mean a model is reads alone, to be measured on
                films that it has not seen; ``None`` for their mean.
        """
        self._member = member
        self._teeth: TeethPredictor | None = None
        self._restorations: RestorationsPredictor | None = None
        self._caries: CariesPredictor | None = None

    def setup(self, models: Path) -> None:
        """Load the models from ``models/pano/teeth`` and, where it is, ``models/pano/caries``.

        Without a model for it, caries is not read, and the report's ``modules`` do not name it.
        """
        keep_freed_memory()
        start_decoder()
        caries = models / "pano" / "caries"
        self._caries = (
            CariesPredictor(caries, self._member) if (caries / MANIFEST).is_file() else None
        )
        self._teeth = TeethPredictor(models / "pano" / "teeth", self._member)
        self._restorations = RestorationsPredictor(models / "pano" / "teeth")

    @property
    def reads_together(self) -> bool:
        """Whether both models read any number of films at once."""
        manifests = [one.manifest for one in (self._teeth, self._caries) if one is not None]
        return bool(manifests) and all(one.reads_together for one in manifests)

    def run_batch(self, films: Sequence[FilmToRead]) -> list[Report | PipelineError]:
        """Read some films; each look at them is one run of a network.

        No option changes the reading: nothing in the report is in mm.
        """
        return in_step([self._read(film.content) for film in films], look)

    def _read(self, film: bytes) -> Looks[Report]:
        if self._teeth is None or self._restorations is None:
            raise InferenceFailed("the pano pipeline was not set up")
        modules = [one for one in (self._teeth, self._caries) if one is not None]
        shown = read_film(film, ENOUGH)
        _check_shape(shown)
        decoded = shown.reduced(max(one.canvas for one in modules))
        teeth = yield from self._teeth.read(decoded)
        manifest = self._teeth.manifest
        _check_teeth(teeth, manifest.rejection)
        metrics = manifest.metrics.get("cross_validation") or manifest.metrics.get("held_out", {})
        evidence = Evidence(
            film=decoded,
            teeth=teeth,
            restorations=self._restorations.predict(teeth),
            lesions=(yield from self._caries.read(decoded)) if self._caries else None,
            calibration=manifest.calibration,
            recall=float(metrics.get("numbering_recall") or _RECALL),
        )
        data = report(evidence, prevalence())
        return Report(
            data=data,
            artefacts=overlay_of(shown, data),
            models={one.manifest.name: one.manifest.version for one in modules},
            provider=self._teeth.provider,
        )


def _check_shape(film: Film) -> None:
    aspect = film.width / film.height
    if not _ASPECT[0] <= aspect <= _ASPECT[1]:
        raise WrongFilm("the image has not the shape of a panoramic radiograph")


def _check_teeth(reading: TeethReading, least: float) -> None:
    """A panoramic shows several teeth that the network is sure of, on average."""
    scores = [one.score for one in reading.teeth]
    if len(scores) < _FEWEST or float(np.mean(scores)) < least:
        raise WrongFilm("the image does not look like a panoramic radiograph: no dental arch found")
