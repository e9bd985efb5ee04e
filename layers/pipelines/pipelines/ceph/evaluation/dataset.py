"""Annotated cephalograms on disk, in the format that their folder turns out to have.

* a folder with ``annotations.json``::

    {"mm_per_px": 0.127, "landmarks": ["S", "N", …],
     "images": {id: {"file", "width", "height", "raters": [{"S": [x, y], …}, …]}}}

* labelme: a JSON file for each film, see :mod:`pipelines.ceph.evaluation.labelme`
* ISBI 2015: a text file for each film, see :mod:`pipelines.ceph.evaluation.isbi_folder`
"""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np

from pipelines.ceph.evaluation.annotation import AnnotatedFilm, DatasetInvalid
from pipelines.ceph.evaluation.isbi_folder import read_isbi_folder
from pipelines.ceph.evaluation.labelme import read_labelme
from pipelines.ceph.landmarks import ABBREVIATIONS

__all__ = ["AnnotatedFilm", "DatasetInvalid", "read_dataset"]


def read_dataset(folder: Path, mm_per_px: float | None = None) -> list[AnnotatedFilm]:
    """Read the annotations of a data set; the films themselves stay on disk.

    Args:
        folder: Where the data set lies.
        mm_per_px: Its scale, where the data set says none or a wrong one.

    Raises:
        DatasetInvalid: It is of none of the formats, or says something wrong, or names a missing
            film.
    """
    if not folder.is_dir():
        raise DatasetInvalid(f"{folder} does not exist or is no folder")
    path = folder / "annotations.json"
    if path.is_file():
        return _read_own(path, mm_per_px)
    films = read_labelme(folder, mm_per_px) or read_isbi_folder(folder, mm_per_px)
    if not films:
        raise DatasetInvalid(
            f"{folder} is no data set: {path.name} does not exist in it, "
            "nor labelme files, nor text files with 'x,y' lines (ISBI)"
        )
    return films


def _read_own(path: Path, mm_per_px: float | None) -> list[AnnotatedFilm]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        films = list(_films(path.parent, content, mm_per_px))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise DatasetInvalid(f"{path} is no annotations of cephalograms: {error!r}") from error
    for film in films:
        if not film.path.is_file():
            raise DatasetInvalid(f"film {film.name} of {path} is missing: {film.path}")
    return films


def _films(
    folder: Path, content: dict[str, Any], mm_per_px: float | None
) -> Iterator[AnnotatedFilm]:
    scale = float(content["mm_per_px"]) if mm_per_px is None else mm_per_px
    for name, entry in sorted(content["images"].items()):
        raters = np.array(
            [[rater[label] for label in ABBREVIATIONS] for rater in entry["raters"]], dtype=float
        )
        yield AnnotatedFilm(name, folder / entry["file"], raters, scale)
