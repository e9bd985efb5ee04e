"""``xray train``, ``quantise``, ``evaluate``: fitting models to annotated films, measuring them."""

import importlib
import json as json_format
import logging
import os
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from pipelines.errors import ModelInvalid
from xray import pano_commands
from xray.pano_commands import Schedule
from xray.project import project_root

if TYPE_CHECKING:
    from xray.plots.pano_records import PanoRecords
    from xray.plots.records import Records


_CEPH_EPOCHS = 90


class Kind(StrEnum):
    """The task types that have a model of their own to train."""

    CEPH = "ceph"
    PANO = "pano"


_Kind = Annotated[Kind, typer.Argument(help="What the films show.")]
_Dataset = Annotated[
    Path | None,
    typer.Argument(
        help="Folder with annotations.json, labelme files or ISBI text files (ceph), or with "
        "teeth.json and caries_masks (pano); "
        "without it, $XRAY_DATA and the task type."
    ),
]


def train(  # noqa: PLR0913, PLR0917  # the program's options are the parameters of its functions
    kind: _Kind,
    out: Annotated[Path, typer.Option(help="Folder for model.onnx, manifest.json and CARD.md.")],
    dataset: _Dataset = None,
    seed: Annotated[int, typer.Option(help="Of split, weights and variations.")] = 1,
    epochs: Annotated[
        int | None,
        typer.Option(min=1, help="Passes over the films; without it, as many as it takes."),
    ] = None,
    folds: Annotated[
        int,
        typer.Option(
            min=0,
            help="Cross-validate: networks that each leave out a part of the films.",
        ),
    ] = 0,
    start: Annotated[
        Path | None, typer.Option(help="Folder of models to begin with (pano), for own films.")
    ] = None,
    about: Annotated[str, typer.Option(help="What manifest and card say of the films.")] = "",
) -> None:
    """Fit a model to annotated films and export it to ONNX with its manifest and card."""
    logging.basicConfig(format="%(asctime)s %(message)s")
    logging.getLogger("pipelines").setLevel(logging.INFO)
    if start is not None and kind is not Kind.PANO:
        raise _stop("only the pano models can be begun with")
    if folds == 1:
        raise _stop("--folds takes 2 or more: each network leaves one part out")
    films = _dataset(kind, dataset)
    settings = Schedule(seed=seed, epochs=epochs, folds=folds, start=start, about=about)
    try:
        folder = (
            pano_commands.train(films, out, settings)
            if kind is Kind.PANO
            else _train_ceph(films, out, settings)
        )
    except ModuleNotFoundError as error:
        raise _stop(f"training needs {error.name}: pip install -e '.[train]'") from error
    except _refusals() as error:
        raise _stop(str(error)) from error
    print(f"{folder} has the model; its figures are in {folder / 'CARD.md'}")
    _quantise(kind, folder, films)


def quantise(
    kind: _Kind,
    dataset: _Dataset = None,
    models: Annotated[Path | None, typer.Option(help="Folder of the models.")] = None,
) -> None:
    """Add 8-bit networks to the models: twice as fast on processors; `xray train` does it too."""
    folder = models or project_root() / "functions" / "infer" / "models"
    _quantise(kind, folder / kind.value, _dataset(kind, dataset))


def _quantise(kind: Kind, folder: Path, dataset: Path) -> None:
    try:
        module = importlib.import_module(f"pipelines.{kind.value}.training.quantise")
        print(module.quantise(folder, dataset).table())
    except ModuleNotFoundError as error:
        raise _stop(f"quantising needs {error.name}: pip install -e '.[train]'") from error
    except _refusals() as error:
        raise _stop(str(error)) from error


def _refusals() -> tuple[type[Exception], ...]:
    from pipelines.ceph.evaluation import dataset as ceph
    from pipelines.pano.evaluation import dataset as pano

    return ceph.DatasetInvalid, pano.DatasetInvalid, ModelInvalid


def _train_ceph(dataset: Path, out: Path, schedule: Schedule) -> Path:
    from pipelines.ceph.training.fit import Settings
    from pipelines.ceph.training.train import Plan
    from pipelines.ceph.training.train import train as fit

    settings = Settings(epochs=schedule.epochs or _CEPH_EPOCHS, seed=schedule.seed)
    return fit(dataset, out, Plan(settings=settings, folds=schedule.folds, about=schedule.about))


def evaluate(  # noqa: PLR0913  # the program's options are the parameters of its functions
    kind: _Kind,
    dataset: _Dataset = None,
    json: Annotated[Path | None, typer.Option(help="File for the figures.")] = None,
    drawn: Annotated[int, typer.Option(min=0, help="Use this many synthetic films instead.")] = 0,
    models: Annotated[Path | None, typer.Option(help="Folder of the models.")] = None,
    *,
    plots: Annotated[Path | None, typer.Option(help="Folder for charts and worst films.")] = None,
    mm_per_px: Annotated[
        float | None, typer.Option(min=0.005, max=5, help="Scale, where the set says none.")
    ] = None,
) -> None:
    """Measure the model on annotated films; those that it was trained on are told apart."""
    from xray.plots.pano_records import PanoRecords
    from xray.plots.records import Records

    if kind is Kind.PANO:
        pano_records = PanoRecords()
        figures = _evaluate_pano(dataset, drawn, models, pano_records)
        _save(json, figures)
        pano_commands.show(figures, "synthetic films" if drawn else "films not trained on")
        _plot(plots, pano_records)
        return
    from pipelines.ceph.evaluation import evaluate as evaluation
    from pipelines.ceph.evaluation.dataset import DatasetInvalid, read_dataset

    records = Records()
    folder = models or project_root() / "functions" / "infer" / "models"
    try:
        cases = (
            evaluation.drawn_cases(drawn)
            if drawn
            else evaluation.annotated_cases(
                read_dataset(_dataset(kind, dataset), mm_per_px), folder
            )
        )
        figures = evaluation.evaluate(cases, folder, records)
    except (DatasetInvalid, ModelInvalid) as error:
        raise _stop(str(error)) from error
    _save(json, figures)
    _show(figures, "synthetic films" if drawn else "films not trained on")
    _plot(plots, records)


def _evaluate_pano(
    dataset: Path | None, drawn: int, models: Path | None, records: "PanoRecords"
) -> dict[str, Any]:
    folder = models or project_root() / "functions" / "infer" / "models"
    films = None if drawn else _dataset(Kind.PANO, dataset)
    try:
        return pano_commands.evaluate(films, folder, drawn, records)
    except _refusals() as error:
        raise _stop(str(error)) from error


def _save(json: Path | None, figures: dict[str, Any]) -> None:
    if json is not None:
        json.parent.mkdir(parents=True, exist_ok=True)
        json.write_text(json_format.dumps(figures, indent=1) + "\n", encoding="utf-8")


def _plot(folder: Path | None, records: "Records | PanoRecords") -> None:
    if folder is None:
        return
    from xray.plots.album import write_album, write_pano_album
    from xray.plots.records import Records

    if not records.films:
        raise _stop("no plots: no film was read that the model was not trained on")
    page = (
        write_album(folder, records)
        if isinstance(records, Records)
        else write_pano_album(folder, records)
    )
    print(f"{page} shows the plots")


def _dataset(kind: Kind, dataset: Path | None) -> Path:
    if dataset is not None:
        return dataset
    root = os.environ.get("XRAY_DATA")
    if not root:
        raise _stop("name a data set, or set XRAY_DATA to the folder of data sets")
    return Path(root) / kind.value


def _stop(message: str) -> typer.Exit:
    Console(stderr=True).print(message, markup=False, highlight=False)
    return typer.Exit(code=2)


def _show(figures: dict[str, Any], what: str) -> None:
    console = Console()
    table = Table(title=f"{figures['model']} {figures['version']}: {what}")
    limits = list(figures["sdr"])
    for column in ("landmark", "MRE mm", "SD mm", *(f"≤ {limit} mm" for limit in limits)):
        table.add_column(column, justify="left" if column == "landmark" else "right")
    for name, row in (*figures["per_landmark"].items(), ("all landmarks", figures)):
        cells = [row["mre_mm"], row["sd_mm"], *(row["sdr"][limit] for limit in limits)]
        table.add_row(name, *("—" if cell is None else f"{cell:.2f}" for cell in cells))
    console.print(table)
    angles = ", ".join(f"{k} {v:.2f}°" for k, v in figures["angles_mae_deg"].items())
    console.print(f"mean error of angles: {angles or '—'}", highlight=False)
    mean = figures["scr"]["mean"]
    rates = ", ".join(f"{k} {v:.1f} %" for k, v in mean.items() if v is not None)
    console.print(f"classes of the eight measures put right: {rates or '—'}", highlight=False)
    console.print(
        f"{figures['n_films']} films measured, {figures['n_left_out']} left out because the model "
        f"was trained on them, {figures['n_refused']} refused",
        highlight=False,
    )
    everything = figures["all"]
    if figures["n_left_out"]:
        console.print(
            f"with those it was trained on: {everything['n_films']} films, "
            f"MRE {everything['mre_mm']:.2f} mm, ≤ 2 mm {everything['sdr']['2.0']:.1f} %",
            highlight=False,
        )
