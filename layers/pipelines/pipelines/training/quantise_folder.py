"""Quantises what lies in the folder of a task type, and tells what that changed."""

import os
import shutil
import tempfile
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipelines.canvas import FloatArray
from pipelines.models import MANIFEST, Manifest, read_manifest, write_manifest
from pipelines.training.quantise import FILE, quantise

_CARD = "CARD.md"
_SECTION = """
## On a processor

Where there is no GPU, films are read with `{file}`: the same network with most of its numbers
in 8 bits. What `xray quantise` measured with both, side by side, on films that were not trained on:

{table}
"""

Figures = Mapping[str, float | None]


@dataclass(frozen=True)
class Comparison:
    """The same figures, measured with the networks as they were trained, and quantised."""

    as_trained: Figures
    quantised: Figures

    def table(self) -> str:
        """As Markdown."""
        names = [name.replace("_", " ") for name in self.as_trained]
        rows = [("as trained", self.as_trained), ("quantised", self.quantised)]
        cells = [f"| {title} | {' | '.join(map(str, one.values()))} |" for title, one in rows]
        return "\n".join([f"| | {' | '.join(names)} |", "|---" * (len(names) + 1) + "|", *cells])


def quantise_folder(
    folder: Path,
    task_type: str,
    seen: Callable[[Path], Mapping[str, Iterable[FloatArray]]],
    measure: Callable[[Path], Figures],
) -> Comparison:
    """Quantise the models of a task type, and write into manifests and card what that changed.

    What stands in the folder is replaced only when all of it is ready.

    Args:
        folder: With a model, or with one in each of its folders.
        task_type: What the models read.
        seen: From such a folder to the models in it, by their place in it, and to films that each
            was trained on, as :func:`quantise` takes them.
        measure: From a folder of all task types to what is compared, on films not trained on.

    Raises:
        ModelInvalid: A manifest is missing or invalid.
    """
    with tempfile.TemporaryDirectory() as temporary:
        models = Path(temporary)
        staged = models / task_type
        shutil.copytree(folder, staged)
        films = seen(staged)
        before = {name: _as_trained(staged / name) for name in films}
        as_trained = measure(models)
        for name, canvases in films.items():
            quantise(staged / name, canvases)
        compared = Comparison(as_trained, measure(models))
        for name, manifest in before.items():
            _note(staged, name, manifest, compared)
        files = [f"{name}/{file}" for file in (FILE, MANIFEST) for name in films]
        for file in (_CARD, *files):  # a manifest last: it names what must be there already
            if not (staged / file).is_file():
                continue  # a model of somebody's may have no card
            shutil.copyfile(staged / file, folder / f"{file}.new")
            os.replace(folder / f"{file}.new", folder / file)  # noqa: PTH105
    return compared


def _as_trained(folder: Path) -> Manifest:
    """A model's manifest, after it was made to name no quantised network."""
    manifest = read_manifest(folder)
    write_manifest(manifest.model_copy(update={"quantised": None}), folder)
    return manifest


def _note(staged: Path, name: str, before: Manifest, compared: Comparison) -> None:
    """Write into manifest and card what came of it."""
    manifest = read_manifest(staged / name)
    figures = {"as_trained": compared.as_trained, "quantised": compared.quantised}
    metrics = before.metrics | {"quantisation": figures}
    write_manifest(manifest.model_copy(update={"metrics": metrics}), staged / name)
    card = staged / _CARD
    if not card.is_file():
        return
    text = card.read_text(encoding="utf-8").replace(before.version, manifest.version)
    own = text.partition(_SECTION.partition("{file}")[0])[0]
    section = _SECTION.format(file=FILE, table=compared.table())
    card.write_text(own + section, encoding="utf-8")
