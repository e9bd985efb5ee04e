"""``xray compare``: what differs between two sets of reports."""

import json as json_format
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from xray import terminal


def compare(
    results_a: Annotated[Path, typer.Argument(help="Folder of 'xray analyze', or one report.")],
    results_b: Annotated[Path, typer.Argument(help="The other.")],
    json: Annotated[Path | None, typer.Option(help="File for the differences.")] = None,
) -> None:
    """Tell what differs between two sets of reports: points, measurements, teeth, errors."""
    from xray.comparison import compare_results
    from xray.results import ResultsInvalid, read_results

    try:
        first, second = read_results(results_a), read_results(results_b)
        if results_a.is_file() and results_b.is_file():
            # Two reports are compared whatever their films are called.
            second = dict(zip(first, second.values(), strict=True))
        differences = compare_results(first, second)
        if json is not None:
            json.parent.mkdir(parents=True, exist_ok=True)
            json.write_text(json_format.dumps(differences, indent=1, ensure_ascii=False) + "\n")
    except ResultsInvalid as error:
        raise terminal.stop(str(error)) from None
    except OSError as error:
        raise terminal.stop(f"{error.filename}: {error.strerror}") from None
    _show(differences)


def _show(differences: Mapping[str, Any]) -> None:
    console = Console(highlight=False)
    films = differences["films"]
    for side in ("a", "b"):
        models = ", ".join(differences["models"][side]) or "no model"
        only = films[f"only_{side}"]
        there = f"; {len(only)} only here: {', '.join(only)}" if only else ""
        console.print(f"{side.upper()}  {models}{there}", markup=False)
    console.print(f"{films['common']} films in both")
    for film, errors in differences["errors"].items():
        said = [_error(errors[side]) for side in ("a", "b")]
        console.print(f"{film}: {said[0]} in A, {said[1]} in B", markup=False)
    for table in _tables(differences):
        if table.row_count:
            console.print(table)
    for film, changes in differences["teeth"].items():
        said = [f"{one['tooth']} {one['a']} → {one['b']}" for one in changes]
        console.print(f"{film}: {', '.join(said)}", markup=False)


def _tables(differences: Mapping[str, Any]) -> tuple[Table, Table, Table]:
    landmarks = _table(
        "landmarks: distance from A to B",
        ("landmark", "n", "mean px", "max px", "mean mm", "max mm", "worst film"),
    )
    for name, one in differences["landmarks"].items():
        numbers = [_number(one[key]) for key in ("mean_px", "max_px", "mean_mm", "max_mm")]
        landmarks.add_row(name, f"{one['n']}", *numbers, escape(one["worst"] or "—"))
    measured = _table(
        "measurements: B − A", ("measurement", "n", "mean", "SD", "largest", "worst film")
    )
    for name, one in differences["measurements"].items():
        numbers = [_number(one[key]) for key in ("mean", "sd", "max_abs")]
        measured.add_row(escape(name), f"{one['n']}", *numbers, escape(one["worst"] or "—"))
    teeth = _table("teeth: status in A → in B", ("change", "teeth"))
    for change, count in differences["changes"].items():
        teeth.add_row(change, f"{count}")
    return landmarks, measured, teeth


def _table(title: str, columns: tuple[str, ...]) -> Table:
    table = Table(title=title, title_justify="left")
    for index, column in enumerate(columns):
        right = 0 < index < len(columns) - 1 or column == "teeth"
        table.add_column(column, justify="right" if right else "left")
    return table


def _number(value: float | None) -> str:
    return "—" if value is None else f"{value:.3f}"


def _error(error: Mapping[str, Any] | None) -> str:
    return f"{error['code']} {error['message']}" if error else "read"
