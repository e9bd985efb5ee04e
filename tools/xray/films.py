"""Which files are films: found in folders by their content, named by where they lie."""

import os
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from service.media import media_type_of
from xray.results import ARTEFACT_INFIX, OVERLAY_SUFFIX

_ENOUGH_BYTES = 132  # that a DICOM file shows what it is


@dataclass(frozen=True)
class FoundFilm:
    """A film on disk.

    Attributes:
        path: The file.
        name: Where it lies below the folder that all films have in common.
    """

    path: Path
    name: Path

    @property
    def shown(self) -> str:
        """The name as text; bytes that are no text become signs that say so."""
        return os.fsencode(self.name).decode("utf-8", "replace")


@dataclass(frozen=True)
class Search:
    """What was found.

    Attributes:
        films: Each once, in order of their names.
        skipped: Files of folders that are no films.
    """

    films: Sequence[FoundFilm]
    skipped: Sequence[Path]


def find_films(places: Sequence[Path], media: frozenset[str]) -> Search:
    """Find films.

    A file that is named is taken for a film whatever it holds, so that its reading says what is
    wrong with it. In folders and the folders in them, content decides; hidden files are passed
    over, and so are links to folders.

    Args:
        places: Files and folders.
        media: The media types that are films.

    Raises:
        FileNotFoundError: A place does not exist.
    """
    for place in places:
        if not place.exists():
            raise FileNotFoundError(place)
    found: dict[Path, Path] = {}
    skipped = []
    for place in places:
        for path in sorted(_files(place)) if place.is_dir() else [place]:
            absolute = _absolute(path)
            if not place.is_dir() or _is_film(path, media):
                found.setdefault(absolute.resolve(), absolute)
            else:
                skipped.append(path)
    folders = [_absolute(place) if place.is_dir() else _absolute(place).parent for place in places]
    base = os.path.commonpath(folders)
    films = [FoundFilm(path, Path(os.path.relpath(path, base))) for path in found.values()]
    return Search(sorted(films, key=lambda film: film.name), skipped)


def _absolute(path: Path) -> Path:
    return Path(os.path.abspath(path))  # noqa: PTH100  # pathlib keeps "..", links resolved or not


def _files(folder: Path) -> Iterator[Path]:
    for root, folders, files in os.walk(folder):
        folders[:] = [name for name in folders if not name.startswith(".")]
        yield from (Path(root, name) for name in files if not name.startswith("."))


def _is_film(path: Path, media: frozenset[str]) -> bool:
    ours = path.name.endswith(OVERLAY_SUFFIX) or ARTEFACT_INFIX in path.name
    if ours or not path.is_file():
        return False
    try:
        with path.open("rb") as file:
            return media_type_of(file.read(_ENOUGH_BYTES)) in media
    except OSError:
        return True  # nobody knows: its reading will tell why
