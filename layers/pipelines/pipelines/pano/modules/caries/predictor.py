"""Reads the caries of a film."""

from pathlib import Path

from pipelines.config import read_config
from pipelines.film import Film
from pipelines.pano.maps import Looks, MapModel
from pipelines.pano.modules.caries.pre_post import LABELS, CariesConfig, Lesion, lesions


class CariesPredictor:
    """The caries model, loaded once."""

    def __init__(self, folder: Path, member: int | None = None) -> None:
        """Load and check the model in a folder.

        Args:
            folder: The folder.
            member: As :class:`~pipelines.pano.maps.MapModel` takes it.

        Raises:
            ModelInvalid: It is missing or is not what its manifest says.
        """
        self._model = MapModel(folder, LABELS, member)
        self._config = read_config(CariesConfig, folder)
        self.manifest, self.canvas = self._model.manifest, self._model.canvas

    def read(self, film: Film) -> Looks[list[Lesion]]:
        """Find the carious regions of a film, on teeth or not."""
        maps, placement = yield from self._model.read(film, lambda maps: maps[:, :, ::-1])
        return lesions(maps, placement, self._config)
