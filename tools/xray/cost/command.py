"""``xray cost``: dollars per thousand films, by part, for four ways to run the service."""

import json
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from xray.cloud.template import load_template
from xray.cost import model, usage
from xray.cost.prices import PRICES, READ_ON
from xray.project import project_root

_BUSY_HOURS = 220.0  # ten hours on each of twenty-two working days


def cost(
    films_per_month: Annotated[int, typer.Option(min=1, help="How many films come.")] = 10_000,
    kind: Annotated[str, typer.Option("--type", help="ceph or pano.")] = "ceph",
    busy_hours: Annotated[
        float, typer.Option(min=1, max=730, help="Hours of the month in which they come.")
    ] = _BUSY_HOURS,
    json_file: Annotated[
        Path | None, typer.Option("--json", help="Also write the numbers to this file.")
    ] = None,
) -> None:
    """Tell what a thousand films cost by part, here and run otherwise, from list prices."""
    if kind not in usage.FILMS:
        raise typer.BadParameter(f"must be one of {', '.join(usage.FILMS)}", param_hint="--type")
    table = dollars(films_per_month, kind, busy_hours)
    if json_file is not None:
        document = {"prices_read_on": READ_ON, "usd_per_1000_films": table}
        json_file.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    out = Console(highlight=False)
    out.print(_drawn(table, f"US$ per thousand films of {films_per_month:,} a month, {kind}"))
    assumed = ", ".join(name for name, price in PRICES.items() if not price.confirmed)
    out.print(f"List prices, us-east-1, read {READ_ON}; assumed, not looked up: {assumed}.")


def dollars(films: int, kind: str, busy_hours: float = _BUSY_HOURS) -> dict[str, dict[str, float]]:
    """Design → part → dollars per thousand films.

    Args:
        films: How many come in a month.
        kind: Of which kind.
        busy_hours: Hours of the month in which they come.
    """
    types = [
        r["Type"] for r in load_template(project_root() / "template.yaml")["Resources"].values()
    ]
    load = model.Load(
        films,
        usage.FILMS[kind],
        busy_hours,
        queues=types.count("AWS::Lambda::EventSourceMapping"),
        alarms=types.count("AWS::CloudWatch::Alarm"),
        # One for each value of a dimension; ten operations and two task types, roughly.
        metrics=types.count("AWS::Logs::MetricFilter") * 3,
    )
    return {
        design: model.per_thousand(parts, films) for design, parts in model.designs(load).items()
    }


def _drawn(table: dict[str, dict[str, float]], title: str) -> Table:
    drawn = Table(title=title)
    drawn.add_column("part")
    for design in table:
        drawn.add_column(design, justify="right")
    parts = sorted({part for costs in table.values() for part in costs})
    for part in parts:
        drawn.add_row(part, *[_money(costs.get(part)) for costs in table.values()])
    drawn.add_section()
    drawn.add_row("all", *[_money(sum(costs.values())) for costs in table.values()])
    return drawn


def _money(dollars: float | None) -> str:
    return "–" if dollars is None else f"{dollars:,.3f}"
