"""``xray faults`` and ``xray load``: what is lost when things break, or come too fast."""

import json
from pathlib import Path
from typing import Annotated

import typer

from xray import terminal
from xray.cloud import CloudError
from xray.project import ProjectMissing, build_folder, project_root

_PEER_TASKS = 20  # a killed peer needs a minute to come back, however many there are


def faults(
    tasks: Annotated[int, typer.Option(min=2, help="For each fault.")] = 20,
    seed: Annotated[int, typer.Option(help="Of every choice.")] = 1,
    batch: Annotated[int, typer.Option(min=1, max=10, help="Films read at once.")] = 1,
    out: Annotated[
        Path | None, typer.Option(help="JSON file; without it, build/faults.json.")
    ] = None,
    *,
    peers: Annotated[bool, typer.Option(help="Kill what one would otherwise run, too.")] = True,
) -> None:
    """Break everything around the real functions, and count what is lost."""
    from xray.faults.peers import peer_rows
    from xray.faults.report import print_table
    from xray.faults.run import PARAMETERS, RunSettings, started

    with terminal.interruptible(), terminal.steps() as step:
        try:
            # A film takes some tenths of a second here, and a kill the ends of a few leases.
            settings = RunSettings(project_root(), tasks, seed, batch, limit_s=300 + 20 * tasks)
            with started(settings, step) as run:
                step("kills, repeats, poison, receivers")
                rows = run.storm()
                step("the queues go away")
                rows |= run.queues_away()
                step("a clock goes wrong")
                rows |= run.wrong_clock()
            if peers:
                rows |= dict(peer_rows(settings.root, min(tasks, _PEER_TASKS), seed, step))
        except (CloudError, ProjectMissing) as error:
            raise terminal.stop(str(error)) from None
    print_table(rows)
    path = out or build_folder() / "faults.json"
    document = {
        "seed": seed,
        "tasksPerFault": tasks,
        "filmsReadAtOnce": batch,
        "parameters": PARAMETERS,
        "faults": {name: row.as_dict() for name, row in rows.items()},
    }
    path.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    if not all(row.holds for row in rows.values() if row.peer is None):
        raise terminal.stop("something was lost, contradicted itself, or was never accepted")


def load(
    seconds: Annotated[float, typer.Option(min=5, help="At the rate that is held.")] = 30,
    clients: Annotated[int, typer.Option(min=1, help="Posting one film after the other.")] = 8,
    out: Annotated[
        Path | None, typer.Option(help="JSON file; without it, build/load.json.")
    ] = None,
) -> None:
    """Mixed traffic at the rate that this machine holds, and then faster."""
    from xray.faults.load import LoadSettings
    from xray.faults.load import load as run_load

    with terminal.interruptible(), terminal.steps() as step:
        try:
            figures = run_load(LoadSettings(project_root(), seconds, clients), step)
        except (CloudError, ProjectMissing) as error:
            raise terminal.stop(str(error)) from None
    text = json.dumps(figures, indent=1)
    (out or build_folder() / "load.json").write_text(text + "\n", encoding="utf-8")
    print(text)
    if figures["lost"] or figures["errors"]:
        raise terminal.stop("something was lost, or answered with neither success nor 429")
