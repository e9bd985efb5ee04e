"""Quantises the landmark model, and measures what that changes."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pipelines.canvas import FloatArray, place
from pipelines.ceph.evaluation.dataset import AnnotatedFilm, DatasetInvalid, read_dataset
from pipelines.ceph.evaluation.evaluate import annotated_cases, evaluate
from pipelines.film import read_film
from pipelines.models import read_manifest
from pipelines.overlay.picture import ENOUGH
from pipelines.training.quantise_folder import Comparison, Figures, quantise_folder


def quantise(folder: Path, dataset: Path) -> Comparison:
    """Add its quantised network to a model.

    Args:
        folder: The model's folder.
        dataset: The annotated films that it was trained on, and others.

    Raises:
        DatasetInvalid: It cannot be read, or has no film that the model was trained on.
        ModelInvalid: The model is missing or is not what its manifest says.
    """
    films = read_dataset(dataset)

    def seen(staged: Path) -> Mapping[str, Iterator[FloatArray]]:
        manifest = read_manifest(staged)
        known = [film for film in films if film.sha256() in manifest.training.films]
        if not known:
            raise DatasetInvalid(f"{dataset} has no film that {manifest.name} was trained on")
        rows, columns = manifest.input.shape[2:]
        return {".": _canvases(known, (rows, columns))}

    return quantise_folder(folder, "ceph", seen, lambda models: _figures(films, models))


def _canvases(films: Sequence[AnnotatedFilm], canvas: tuple[int, int]) -> Iterator[FloatArray]:
    for one in films:
        film = read_film(one.path.read_bytes(), ENOUGH).reduced(canvas)
        yield place(film.pixels, (film.height, film.width), canvas)[0]


def _figures(films: Sequence[AnnotatedFilm], models: Path) -> Figures:
    held_out = evaluate(annotated_cases(films, models), models)["held_out"]
    return {
        "films": held_out["n_films"],
        "MRE_mm": held_out["mre_mm"],
        "SD_mm": held_out["sd_mm"],
        "%_within_2_mm": held_out["sdr"]["2.0"],
        "%_of_classes_right": held_out["scr"]["mean"]["accuracy"],
    }
