"""Annotated panoramics on disk.

A data set is a folder with films in ``images`` and any of

* ``teeth.json``: ``{id: {"file", "width", "height", "source", "objects": [{"label",
  "polygon": [[x, y], …]}]}}``; a label is an FDI number, ``Filling``, ``Bridge`` or ``Implant``;
* ``caries_masks/<id>.png``: 1-bit masks of the size of ``images/<id>.jpg``;
* ``tooth_layouts.json``: ``[{"aspect", "teeth": [[fdi, [[x, y], …]], …]}]``, tooth outlines
  without films, as fractions of width and height.
"""

import hashlib
import json
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from PIL import Image

from pipelines.pano.fdi import SUPERNUMERARY, is_permanent

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
        caries: The mask's file, where caries was annotated.
    """

    name: str
    file: Path
    size: tuple[int, int]
    teeth: tuple[tuple[int, Polygon], ...] = ()
    restorations: tuple[tuple[str, Polygon], ...] | None = None
    caries: Path | None = None

    def sha256(self) -> str:
        """Identity of the film, whatever it is called."""
        return hashlib.sha256(self.file.read_bytes()).hexdigest()

    def caries_mask(self) -> npt.NDArray[np.bool_]:
        """The caries ``(rows, columns)``; empty where none was annotated."""
        if self.caries is None:
            return np.zeros(self.size, dtype=bool)
        with Image.open(self.caries) as image:
            return np.asarray(image.convert("L")) > 0


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
    """The films with outlined teeth, by name; none where the data set has no ``teeth.json``.

    Raises:
        DatasetInvalid: The file cannot be understood.
    """
    path = root / "teeth.json"
    if not path.is_file():
        return []
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
    """The films with a mask of caries, by name."""
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
