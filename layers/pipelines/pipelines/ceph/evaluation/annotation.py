"""A film and where people see its landmarks, whatever format says so."""

import hashlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt


@dataclass(frozen=True)
class AnnotatedFilm:
    """A film and where its raters see the landmarks.

    Attributes:
        name: Its id in the data set.
        path: The image file.
        raters: Points ``(raters, 19, 2)`` in pixels of the image.
        mm_per_px: Scale of the image in mm.
    """

    name: str
    path: Path
    raters: npt.NDArray[np.float64]
    mm_per_px: float

    @property
    def truth(self) -> npt.NDArray[np.float64]:
        """The mean of the raters ``(19, 2)``, in pixels."""
        mean: npt.NDArray[np.float64] = self.raters.mean(axis=0)
        return mean

    def sha256(self) -> str:
        """The film's identity: the hash of its file, the same under any name."""
        return hashlib.sha256(self.path.read_bytes()).hexdigest()


class DatasetInvalid(ValueError):
    """A folder is not a data set of cephalograms, or lacks what it names."""
