"""What ``xray train pano`` and ``xray evaluate pano`` do."""

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

if TYPE_CHECKING:
    from xray.plots.pano_records import PanoRecords


@dataclass(frozen=True)
class Schedule:
    """What ``xray train`` was asked for.

    Attributes:
        seed: Of split, weights and variations.
        epochs: Passes over the films; ``None`` for as many as the plan has.
        folds: Parts of the cross-validation; 0 for none.
        start: Folder of models to begin with, if any.
        about: What manifest and card say of the films.
    """

    seed: int
    epochs: int | None = None
    folds: int = 0
    start: Path | None = None
    about: str = ""


def train(dataset: Path, out: Path, schedule: Schedule) -> Path:
    """Fit the pano models to annotated films and export them.

    Args:
        dataset: Folder with annotated films.
        out: Folder for the models.
        schedule: How.

    Raises:
        ModuleNotFoundError: The ``train`` extra is not installed.
        DatasetInvalid: The data set cannot be read, or has too few films.
        ModelInvalid: The models to begin with are missing or of another shape.
    """
    from pipelines.pano.training.train import Plan
    from pipelines.pano.training.train import train as fit

    plan = Plan(
        seed=schedule.seed,
        epochs=schedule.epochs,
        folds=schedule.folds,
        start=schedule.start,
        about=schedule.about,
    )
    return fit(dataset, out, plan)


def evaluate(
    dataset: Path | None, models: Path, drawn: int, records: "PanoRecords"
) -> dict[str, Any]:
    """Figures of the pano models on annotated films, or on synthetic ones.

    Args:
        dataset: Folder with annotated films; not used with ``drawn``.
        models: Folder of the models of all task types.
        drawn: How many synthetic films to use instead, if any.
        records: Collects what plots are drawn from.

    Raises:
        DatasetInvalid: The data set cannot be read.
        ModelInvalid: A model is missing or is not what its manifest says.
    """
    from pipelines.pano.evaluation import evaluate as evaluation

    if drawn or dataset is None:
        return evaluation.evaluate_drawn(drawn, models, records)
    return evaluation.evaluate(dataset, models, records)


def show(figures: dict[str, Any], what: str) -> None:
    """Print the figures as a table."""
    console = Console()
    versions = ", ".join(f"{name} {version}" for name, version in figures["models"].items())
    table = Table(title=f"{versions}: {what}")
    for column in ("tooth", "teeth", "precision", "recall", "F1"):
        table.add_column(column, justify="left" if column == "tooth" else "right")
    for name, row in (*figures["per_tooth_type"].items(), ("all teeth", figures)):
        shares = (row[f"numbering_{key}"] for key in ("precision", "recall", "f1"))
        table.add_row(name, str(row["n_teeth"]), *map(_cell, shares))
    console.print(table)
    restored = ", ".join(f"{k} {_cell(v)}" for k, v in figures["restoration_dice"].items())
    line = (
        f"teeth: Dice {_cell(figures['tooth_dice'])}, F1 by boxes "
        f"{_cell(figures['numbering_f1_boxes'])}, found whatever the number "
        f"{_cell(figures['separation_recall'])}\n"
        f"caries: Dice {_cell(figures['caries_dice'])} as the mean over films, "
        f"{_cell(figures['caries_dice_pooled'])} over all pixels\n"
        f"restorations, Dice over all pixels: {restored}\n"
        f"{figures['n_films']} films with teeth and {figures['n_caries_films']} with caries "
        f"measured, {figures['n_by_one_network']} and {figures['n_caries_by_one_network']} of them "
        f"by the one network that was not trained on them; {figures['n_left_out']} and "
        f"{figures['n_caries_left_out']} left out because all were trained on them; "
        f"{figures['n_refused']} refused"
    )
    console.print(line, highlight=False)


def _cell(value: float | None) -> str:
    return "—" if value is None else f"{value:.3f}"
