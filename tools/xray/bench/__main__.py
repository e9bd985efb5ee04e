"""``python -m xray.bench``: run the measurements, print the tables, write ``build/bench.json``."""

import json
import os
import platform
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from service import __version__
from xray import terminal
from xray.bench.batches import measure_batches
from xray.bench.calls import measure_calls
from xray.bench.growth import measure_film_growth, measure_queue_growth
from xray.bench.measure import Section, Tell
from xray.bench.queueing import measure_queueing
from xray.bench.reading import measure_reading
from xray.bench.startup import measure_size, measure_startup
from xray.cloud import CloudError
from xray.project import ProjectMissing, build_folder, project_root

Measurement = Callable[..., Section]

MEASUREMENTS: dict[str, Measurement] = {
    "queueing": measure_queueing,
    "reading": measure_reading,
    "batches": measure_batches,
    "queue-growth": measure_queue_growth,
    "film-growth": measure_film_growth,
    "calls": measure_calls,
    "startup": measure_startup,
    "size": measure_size,
}


def bench(
    only: Annotated[
        list[str] | None, typer.Option(help=f"One of {', '.join(MEASUREMENTS)}; may be repeated.")
    ] = None,
    long: Annotated[bool, typer.Option("--long", help="More rounds: about an hour.")] = False,  # noqa: FBT002
) -> None:
    """Measure the service beside what its users would otherwise run."""
    unknown = set(only or ()) - set(MEASUREMENTS)
    if unknown:
        raise terminal.stop(f"--only must be one of {', '.join(MEASUREMENTS)}")
    with terminal.interruptible():
        try:
            measured = _measure(project_root(), only or list(MEASUREMENTS), long=long)
        except (CloudError, ProjectMissing) as error:
            raise terminal.stop(str(error)) from None
    console = Console(width=None if sys.stdout.isatty() else 140)
    for section in measured.values():
        console.print(_table(section))
        for note in section.notes:
            console.print(f"  {note}", style="dim", highlight=False)
        console.print()
    folder = build_folder()
    folder.mkdir(exist_ok=True)
    document = _document(measured)
    (folder / "bench.json").write_text(json.dumps(document, indent=2) + "\n")
    (folder / "bench.md").write_text("\n".join(_markdown(one) for one in measured.values()))
    console.print("written to build/bench.json and, to be put into a page, build/bench.md")


def _measure(root: Path, names: list[str], *, long: bool) -> dict[str, Section]:
    with terminal.steps() as step:

        def told(name: str) -> Tell:
            return lambda words: step(f"{name}: {words}")

        return {name: MEASUREMENTS[name](root, told(name), long=long) for name in names}


def _document(measured: dict[str, Section]) -> dict[str, Any]:
    return {
        "measuredAt": datetime.now(UTC).isoformat(timespec="seconds"),
        "version": __version__,
        "machine": {
            "cores": os.cpu_count(),
            "processor": platform.machine(),
            "python": platform.python_version(),
        },
        **{
            name: {"figures": section.figures, "notes": section.notes}
            for name, section in measured.items()
        },
    }


def _markdown(section: Section) -> str:
    head = ["| " + " | ".join(section.columns) + " |", "|---" * len(section.columns) + "|"]
    rows = ["| " + " | ".join(row) + " |" for row in section.rows]
    return "\n".join([f"## {section.title}", "", *head, *rows, "", *section.notes, ""])


def _table(section: Section) -> Table:
    table = Table(*section.columns, title=section.title, title_justify="left")
    for column in table.columns[1:]:
        column.justify = "right" if str(column.header).split()[-1] in _UNITS else "left"
    for row in section.rows:
        table.add_row(*row)
    return table


_UNITS = {"ms", "s", "MB", "kB", "p99", "seconds", "tasks/s", "ours", "pipeline", "times", "moved",
          "AWS", "clients", "network", "boto3", "modules"}  # fmt: skip

if __name__ == "__main__":
    typer.run(bench)
