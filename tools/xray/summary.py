"""Many reports as one table, for spreadsheets."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from pipelines.pano.findings import findings, statuses
from xray.results import Result, in_words, measurements

_FORMULA = ("=", "+", "-", "@", "\t", "\r")


def table(results: Sequence[Result]) -> str:
    """One row a film, as CSV: its measurements, or its teeth and findings, or its error."""
    rows = [_row(result) for result in results]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns, restval="")
    writer.writeheader()
    writer.writerows({name: _inert(cell) for name, cell in row.items()} for row in rows)
    return out.getvalue()


def _row(result: Result) -> dict[str, Any]:
    data = result.data or {}
    error = result.error or {}
    row: dict[str, Any] = {
        "film": result.film,
        "taskType": result.task_type,
        "errorCode": error.get("code"),
        "errorMessage": error.get("message"),
        "models": " ".join(f"{name}={version}" for name, version in result.models.items()),
    }
    row |= {name: value for name, value in data.items() if isinstance(value, str | int | float)}
    row |= measurements(data)
    row |= {f"tooth {number}": status for number, status in statuses(data).items()}
    if "diseases" in data:
        row["findings"] = "; ".join(map(in_words, findings(data)))
    return row


def _inert(cell: Any) -> Any:
    """A spreadsheet runs text that begins like a formula, and film names are anybody's."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell
