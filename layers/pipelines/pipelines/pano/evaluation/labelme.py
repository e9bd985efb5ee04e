"""labelme files of panoramics: for each film a JSON file with shapes of type ``polygon``.

The label of a shape is an FDI number, ``filling``, ``bridge``, ``implant`` or ``caries``, in any
case; other shapes are passed over. A film without a restoration or without caries has none, if any
film of the folder has one; else they were not annotated. Teeth were annotated on the films that
have one.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from pipelines.pano.evaluation.annotation import (
    RESTORATIONS,
    AnnotatedPano,
    DatasetInvalid,
    Polygon,
)
from pipelines.pano.fdi import SUPERNUMERARY, is_permanent

_CARIES = "caries"


def read_labelme(folder: Path) -> list[AnnotatedPano]:
    """Read a folder of labelme files; empty if it holds none.

    Args:
        folder: With the files, in it or in folders of it.

    Raises:
        DatasetInvalid: A file names no film, or is for a film of another size, or is broken.
    """
    found: list[tuple[Path, Path, list[tuple[str, Polygon]]]] = []
    for path in sorted(folder.rglob("*.json")):
        content = _content(path)
        if content is not None:
            found.append((path, _film(path, content), _shapes(path, content)))
    labels = {label for _, _, shapes in found for label, _ in shapes}
    return [
        AnnotatedPano(
            name=path.stem,
            file=film,
            size=_size(film),
            teeth=tuple((int(label), line) for label, line in shapes if label.isdigit()),
            restorations=tuple(one for one in shapes if one[0] in RESTORATIONS)
            if labels & {*RESTORATIONS}
            else None,
            lesions=tuple(line for label, line in shapes if label == _CARIES)
            if _CARIES in labels
            else None,
        )
        for path, film, shapes in found
    ]


def _content(path: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return None
    return content if isinstance(content, dict) and "shapes" in content else None


def _shapes(path: Path, content: dict[str, Any]) -> list[tuple[str, Polygon]]:
    shapes = []
    try:
        for shape in content["shapes"]:
            label = str(shape.get("label")).strip().casefold()
            known = label in (*RESTORATIONS, _CARIES) or (
                label.isdecimal() and (is_permanent(int(label)) or int(label) == SUPERNUMERARY)
            )
            if known and shape.get("shape_type") == "polygon":
                line = np.array(shape["points"], dtype=np.float64)
                if line.ndim != 2 or line.shape[1] != 2 or len(line) < 3:
                    raise ValueError(f"{label} has no outline")
                shapes.append((label, line))
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise DatasetInvalid(f"{path} is no labelme file of a panoramic: {error}") from error
    return shapes


def _film(path: Path, content: dict[str, Any]) -> Path:
    # Files from Windows name their film with backslashes.
    named = str(content.get("imagePath") or "").replace("\\", "/")
    film = (path.parent / named).resolve()
    if not named or not film.is_file():
        raise DatasetInvalid(f"{path} names a film that is missing: {named or 'none'}")
    said = (content.get("imageHeight"), content.get("imageWidth"))
    if None not in said and said != _size(film):
        raise DatasetInvalid(f"{path} is for a film of another size than {film.name} has")
    return film


def _size(film: Path) -> tuple[int, int]:
    """Rows and columns."""
    try:
        with Image.open(film) as image:
            return image.height, image.width
    except OSError as error:
        raise DatasetInvalid(f"{film} is no image") from error
