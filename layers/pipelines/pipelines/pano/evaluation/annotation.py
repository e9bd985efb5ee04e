"""A panoramic and what people see on it, whatever format says so."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from pipelines.pano.regions import union

Polygon = npt.NDArray[np.float64]
RESTORATIONS = ("filling", "bridge", "implant")


class DatasetInvalid(ValueError):
    """The folder does not hold annotated panoramics in a format that is read here."""


@dataclass(frozen=True)
class AnnotatedPano:
    """A film with outlined teeth, or with a mask of caries.

    Attributes:
        name: Of the film in its data set.
        file: The image.
        size: Its rows and columns, in pixels.
        teeth: FDI number and outline ``(n, 2)``, in pixels; empty where teeth were not annotated.
        restorations: Kind, one of :data:`RESTORATIONS`, and outline; ``None`` where not annotated.
        caries: The mask's file, where caries was annotated so.
        lesions: Outlines of caries, where it was annotated so; none may be there.
    """

    name: str
    file: Path
    size: tuple[int, int]
    teeth: tuple[tuple[int, Polygon], ...] = ()
    restorations: tuple[tuple[str, Polygon], ...] | None = None
    caries: Path | None = None
    lesions: tuple[Polygon, ...] | None = None

    @property
    def carious(self) -> bool:
        """Whether caries was annotated."""
        return self.caries is not None or self.lesions is not None

    def sha256(self) -> str:
        """Identity of the film, whatever it is called."""
        return hashlib.sha256(self.file.read_bytes()).hexdigest()

    def caries_mask(self) -> npt.NDArray[np.bool_]:
        """The caries ``(rows, columns)``; empty where none was annotated."""
        if self.caries is None:
            return union(self.lesions or (), self.size)
        with Image.open(self.caries) as image:
            return np.asarray(image.convert("L")) > 0
