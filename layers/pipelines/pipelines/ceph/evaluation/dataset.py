"""Annotated cephalograms on disk.

A data set is a folder with ``annotations.json``::

    {"mm_per_px": 0.127, "landmarks": ["S", "N", …],
     "images": {id: {"file", "width", "height", "raters": [{"S": [x, y], …}, …]}}}
"""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from pipelines.ceph.landmarks import ABBREVIATIONS


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


def read_dataset(folder: Path) -> list[AnnotatedFilm]:
    """Read the annotations of a data set; the films themselves stay on disk.

    Args:
        folder: Where ``annotations.json`` lies.

    Raises:
        DatasetInvalid: The file is missing, not of the format, or names a missing film.
    """
    path = folder / "annotations.json"
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        films = list(_films(folder, content))
    except FileNotFoundError as error:
        raise DatasetInvalid(f"{path} does not exist") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DatasetInvalid(f"{path} is no annotations of cephalograms: {error!r}") from error
    for film in films:
        if not film.path.is_file():
            raise DatasetInvalid(f"film {film.name} of {path} is missing: {film.path}")
    return films


def _films(folder: Path, content: dict[str, Any]) -> Iterator[AnnotatedFilm]:
    scale = float(content["mm_per_px"])
    for name, entry in sorted(content["images"].items()):
        raters = np.array(
            [[rater[label] for label in ABBREVIATIONS] for rater in entry["raters"]], dtype=float
        )
        yield AnnotatedFilm(name, folder / entry["file"], raters, scale)
