"""Reads the restorations of a film."""

from pathlib import Path

from pipelines.config import read_config
from pipelines.pano.modules.restorations.pre_post import (
    Restoration,
    RestorationsConfig,
    restorations,
)
from pipelines.pano.modules.teeth.pre_post import READERS
from pipelines.pano.modules.teeth.predictor import TeethReading


class RestorationsPredictor:
    """Reads what the teeth network has seen; there is no network of its own."""

    def __init__(self, folder: Path) -> None:
        """Read the module's values.

        Args:
            folder: Of the teeth model, which may bring other ones.

        Raises:
            ModelInvalid: It brings one that cannot be.
        """
        self._config = read_config(RestorationsConfig, folder, READERS)

    def predict(self, reading: TeethReading) -> list[Restoration]:
        """Find the restorations of a film on which at least one tooth was numbered."""
        return restorations(reading.maps, [one.mask for one in reading.teeth], self._config)
