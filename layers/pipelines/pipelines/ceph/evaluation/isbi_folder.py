"""The format of the ISBI 2015 challenge: for each film a text file of the same name.

Its first 19 lines are ``x,y`` in pixels, in the order of ``LANDMARKS``; lines without a comma, the
challenge's classes, may follow. Films and text files may lie in folders; text files of one name in
several folders are those of several annotators.
"""

import re
from pathlib import Path

import numpy as np

from pipelines.ceph.evaluation.annotation import AnnotatedFilm, DatasetInvalid
from pipelines.ceph.landmarks import ABBREVIATIONS

MM_PER_PX = 0.1  # of the challenge's films

_FILM_SUFFIXES = {".bmp", ".jpg", ".jpeg", ".png", ".dcm"}
_NUMBER = r"[+-]?\d+(?:\.\d+)?"
_POINT = re.compile(rf"\s*({_NUMBER})\s*,\s*({_NUMBER})\s*")

_Points = list[tuple[float, float]]


def read_isbi_folder(folder: Path, mm_per_px: float | None) -> list[AnnotatedFilm]:
    """Read a folder of this format; empty if it holds none.

    Args:
        folder: With films and text files, in it or in folders of it.
        mm_per_px: Scale of the films; without it, that of the challenge.

    Raises:
        DatasetInvalid: A file has not 19 points, or no film, or more than one.
    """
    raters: dict[str, list[_Points]] = {}
    files: dict[str, Path] = {}
    for path in sorted(folder.rglob("*.txt")):
        points = _points(path)
        if points:
            raters.setdefault(path.stem, []).append(points)
            files[path.stem] = path
    films = _films(folder) if raters else {}
    return [
        AnnotatedFilm(
            name,
            _film_of(files[name], films.get(name, [])),
            np.array(points, dtype=float),
            MM_PER_PX if mm_per_px is None else mm_per_px,
        )
        for name, points in sorted(raters.items())
    ]


def _points(path: Path) -> _Points:
    """The points of a file; none if it does not begin with one, as other text does."""
    lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    lines = [line for line in lines if line.strip()]
    if not lines or not _POINT.fullmatch(lines[0]):
        return []
    points = [_point(path, line) for line in lines if "," in line]
    if len(points) != len(ABBREVIATIONS):
        raise DatasetInvalid(f"{path} has {len(points)} points and not {len(ABBREVIATIONS)}")
    return points


def _point(path: Path, line: str) -> tuple[float, float]:
    match = _POINT.fullmatch(line)
    if match is None:
        raise DatasetInvalid(f"{path} has a line that is no point: {line.strip()!r}")
    return float(match[1]), float(match[2])


def _films(folder: Path) -> dict[str, list[Path]]:
    films: dict[str, list[Path]] = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix.lower() in _FILM_SUFFIXES:
            films.setdefault(path.stem, []).append(path)
    return films


def _film_of(annotation: Path, films: list[Path]) -> Path:
    beside = [film for film in films if film.parent == annotation.parent]
    candidates = beside or films
    if len(candidates) != 1:
        found = ", ".join(map(str, candidates)) or f"none of {annotation.stem}.bmp, .jpg, .png, …"
        raise DatasetInvalid(f"{annotation} needs one film of its name; found: {found}")
    return candidates[0]
