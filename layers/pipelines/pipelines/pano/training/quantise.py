"""Quantises the pano models, and measures what that changes."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from pipelines.canvas import FloatArray, place
from pipelines.film import read_film
from pipelines.models import MANIFEST, read_manifest
from pipelines.overlay.picture import ENOUGH
from pipelines.pano.evaluation.dataset import (
    AnnotatedPano,
    DatasetInvalid,
    read_carious,
    read_toothed,
)
from pipelines.pano.evaluation.evaluate import evaluate
from pipelines.training.quantise_folder import Comparison, Figures, quantise_folder

_COMPARED = ("tooth_dice", "numbering_f1", "caries_dice", "caries_dice_pooled")


def quantise(folder: Path, dataset: Path) -> Comparison:
    """Add their quantised networks to the models.

    Args:
        folder: With ``teeth`` and, where it is, ``caries``.
        dataset: The annotated films that they were trained on.

    Raises:
        DatasetInvalid: It cannot be read, or has no film that a model was trained on.
        ModelInvalid: A model is missing or is not what its manifest says.
    """
    films = {"teeth": read_toothed(dataset), "caries": read_carious(dataset)}

    def seen(staged: Path) -> Mapping[str, Iterator[FloatArray]]:
        return {
            name: _canvases(staged / name, own)
            for name, own in films.items()
            if (staged / name / MANIFEST).is_file()
        }

    return quantise_folder(folder, "pano", seen, lambda models: _figures(dataset, models))


def _canvases(model: Path, films: Sequence[AnnotatedPano]) -> Iterator[FloatArray]:
    manifest = read_manifest(model)
    known = [film for film in films if film.sha256() in manifest.training.films]
    if not known:
        raise DatasetInvalid(f"no film of the data set is one that {manifest.name} was trained on")
    rows, columns = manifest.input.shape[2:]
    for one in known:
        film = read_film(one.file.read_bytes(), ENOUGH).reduced((rows, columns))
        yield place(film.pixels, one.size, (rows, columns))[0]


def _figures(dataset: Path, models: Path) -> Figures:
    found = evaluate(dataset, models)
    return {"films": found["n_films"]} | {key: found[key] for key in _COMPARED}
