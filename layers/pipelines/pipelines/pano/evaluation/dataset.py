"""Annotated panoramics on disk.

A data set is a folder with films in ``images`` and any of

* ``teeth.json``: ``{id: {"file", "width", "height", "source", "objects": [{"label",
  "polygon": [[x, y], …]}]}}``; a label is an FDI number, ``Filling``, ``Bridge`` or ``Implant``;
* ``caries_masks/<id>.png``: 1-bit masks of the size of ``images/<id>.jpg``;
* ``tooth_layouts.json``: ``[{"aspect", "teeth": [[fdi, [[x, y], …]], …]}]``, tooth outlines
  without films, as fractions of width and height;

or a folder of labelme files, see :mod:`pipelines.pano.evaluation.labelme`.
"""

import json
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from PIL import Image

from pipelines.pano.evaluation.annotation import (
    RESTORATIONS,
    AnnotatedPano,
    DatasetInvalid,
    Polygon,
)
from pipelines.pano.evaluation.labelme import read_labelme
from pipelines.pano.fdi import SUPERNUMERARY, is_permanent

__all__ = [
    "RESTORATIONS",
    "AnnotatedPano",
    "DatasetInvalid",
    "Layout",
    "Polygon",
    "read_carious",
    "read_layouts",
    "read_toothed",
]


@dataclass(frozen=True)
class Layout:
    """Outlines of a patient's teeth, without a film.

    Attributes:
        aspect: Width over height of the film.
        teeth: FDI number and outline ``(n, 2)`` in fractions of width and height.
    """

    aspect: float
    teeth: tuple[tuple[int, Polygon], ...]


def read_toothed(root: Path) -> list[AnnotatedPano]:
    """The films with outlined teeth, by name; without a ``teeth.json``, those of labelme files.

    Raises:
        DatasetInvalid: A file cannot be understood.
    """
    path = root / "teeth.json"
    if not path.is_file():
        return [replace(film, lesions=None) for film in read_labelme(root) if film.teeth]
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
        return [_toothed(root, name, entries[name]) for name in sorted(entries)]
    except (KeyError, TypeError, ValueError) as error:
        raise DatasetInvalid(f"{path}: {error!r}") from error


def _toothed(root: Path, name: str, entry: dict[str, object]) -> AnnotatedPano:
    teeth: list[tuple[int, Polygon]] = []
    restorations: list[tuple[str, Polygon]] = []
    objects = entry["objects"]
    if not isinstance(objects, list):
        raise TypeError("objects is no list")
    for one in objects:
        outline = np.asarray(one["polygon"], dtype=np.float64)
        label = str(one["label"])
        if label.isdigit():
            teeth.append((int(label), outline))
        elif label.lower() in RESTORATIONS:
            restorations.append((label.lower(), outline))
    return AnnotatedPano(
        name=name,
        file=root / str(entry["file"]),
        size=(int(str(entry["height"])), int(str(entry["width"]))),
        teeth=tuple(teeth),
        # Source A outlines restorations; in the other, none is outlined though some are there.
        restorations=tuple(restorations) if entry.get("source", "A") == "A" else None,
    )


def read_carious(root: Path) -> list[AnnotatedPano]:
    """The films with a mask of caries, by name; without ``caries_masks``, those of labelme files.

    Raises:
        DatasetInvalid: A file cannot be understood.
    """
    if not (root / "caries_masks").is_dir():
        films = [film for film in read_labelme(root) if film.carious]
        return [replace(film, teeth=(), restorations=None) for film in films]
    films = []
    for mask in sorted((root / "caries_masks").glob("*.png")):
        with Image.open(mask) as image:
            size = (image.height, image.width)
        file = root / "images" / f"{mask.stem}.jpg"
        films.append(AnnotatedPano(mask.stem, file, size, caries=mask))
    return films


def read_layouts(root: Path) -> list[Layout]:
    """The tooth layouts without films; none where the data set has no ``tooth_layouts.json``.

    Raises:
        DatasetInvalid: The file cannot be understood.
    """
    path = root / "tooth_layouts.json"
    if not path.is_file():
        return []
    try:
        return [
            Layout(
                aspect=float(one["aspect"]),
                teeth=tuple(
                    (int(fdi), np.asarray(outline, dtype=np.float64))
                    for fdi, outline in one["teeth"]
                    if len(outline) > 2 and (is_permanent(int(fdi)) or int(fdi) == SUPERNUMERARY)
                ),
            )
            for one in json.loads(path.read_text(encoding="utf-8"))
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise DatasetInvalid(f"{path}: {error!r}") from error
