"""labelme files: for each film a JSON file with shapes of type ``point``.

The label of a point is the abbreviation or the name of a landmark, in any case; other shapes are
passed over. labelme knows no scale: it is given with the command, or as ``"mm_per_px"`` beside
``"shapes"``, which labelme keeps when it saves. Several files that name one film are those of
several annotators.
"""

import json
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from pipelines.ceph.evaluation.annotation import AnnotatedFilm, DatasetInvalid
from pipelines.ceph.landmarks import ABBREVIATIONS, LANDMARKS

_LABELS = {
    text.casefold(): landmark.abbreviation
    for landmark in LANDMARKS
    for text in (landmark.abbreviation, landmark.name)
}
_PRIMES = str.maketrans(dict.fromkeys("′’`´", "'"))


def read_labelme(folder: Path, mm_per_px: float | None) -> list[AnnotatedFilm]:
    """Read a folder of labelme files; empty if it holds none.

    Args:
        folder: With the files, in it or in folders of it.
        mm_per_px: Scale of the films, if the files say none.

    Raises:
        DatasetInvalid: A file lacks a landmark, or has one twice, or has no film, or no scale.
    """
    raters: dict[Path, list[list[tuple[float, float]]]] = {}
    scales: dict[Path, float] = {}
    for path in sorted(folder.rglob("*.json")):
        content = _content(path)
        if content is None:
            continue
        film = _film(path, content)
        try:
            raters.setdefault(film, []).append(_points(path, content))
            scale = float(content["mm_per_px"]) if mm_per_px is None else mm_per_px
        except KeyError:
            raise DatasetInvalid(
                f'{path} does not say its scale: use --mm-per-px, or add "mm_per_px" to it'
            ) from None
        except DatasetInvalid:
            raise
        except (ValueError, TypeError, AttributeError) as error:
            raise DatasetInvalid(f"{path} is no labelme file: {error}") from error
        scales[film] = scale
    return [
        AnnotatedFilm(
            film.relative_to(folder.resolve()).as_posix()
            if film.is_relative_to(folder.resolve())
            else film.name,
            film,
            np.array(points, dtype=float),
            scales[film],
        )
        for film, points in raters.items()
    ]


def _content(path: Path) -> dict[str, Any] | None:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except ValueError:
        return None
    return content if isinstance(content, dict) and "shapes" in content else None


def _points(path: Path, content: dict[str, Any]) -> list[tuple[float, float]]:
    points: dict[str, tuple[float, float]] = {}
    for shape in content["shapes"]:
        label = _LABELS.get(str(shape.get("label")).strip().translate(_PRIMES).casefold())
        if label is None or shape.get("shape_type") != "point":
            continue
        if label in points:
            raise DatasetInvalid(f"{path} has landmark {label} more than once")
        ((x, y),) = shape["points"]
        points[label] = (float(x), float(y))
    missing = [label for label in ABBREVIATIONS if label not in points]
    if missing:
        raise DatasetInvalid(f"{path} lacks the landmarks {', '.join(missing)}")
    return [points[label] for label in ABBREVIATIONS]


def _film(path: Path, content: dict[str, Any]) -> Path:
    # Files from Windows name their film with backslashes.
    named = str(content.get("imagePath") or "").replace("\\", "/")
    film = (path.parent / named).resolve()
    if not named or not film.is_file():
        raise DatasetInvalid(f"{path} names a film that is missing: {named or 'none'}")
    said = {content.get("imageWidth"), content.get("imageHeight")} - {None}
    try:
        with Image.open(film) as image:
            size = set(image.size)
    except OSError:
        return film  # DICOM: not judged here
    if said and said != size:
        raise DatasetInvalid(f"{path} is for a film of another size than {film.name} has")
    return film
