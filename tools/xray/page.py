"""Many reports as one page: a film a row, its picture, what was measured, or why it was not read.

The page loads nothing: style and small pictures are in it; it links to the files beside it.
"""

import base64
import io
import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any
from urllib.parse import quote

from pipelines.pano.findings import findings, statuses
from xray.results import Result, in_words

_THUMBNAIL = (400, 320)  # twice as fine as it is shown
_DOUBTFUL = 0.7
_FORMS = {"deg": "{:.1f}°", "mm": "{:.1f} mm"}

_STYLE = """
:root { color-scheme: light dark; --ink: #1b1f24; --quiet: #5d6672; --ground: #fff;
  --line: #dde1e6; --beyond: #9a5b00; --bad: #b3261e; --link: #0b5cad; }
@media (prefers-color-scheme: dark) { :root { --ink: #e6e8eb; --quiet: #98a1ad;
  --ground: #14171b; --line: #2c323a; --beyond: #ffbe5c; --bad: #ff8a80; --link: #8ab8ff; } }
body { margin: 2rem auto; padding: 0 1.5rem; max-width: 110rem; color: var(--ink);
  background: var(--ground); font: 15px/1.45 system-ui, sans-serif; }
h1 { font-size: 1.5rem; margin: 0 0 .3rem; }
p { margin: .2rem 0; } .quiet, small, th { color: var(--quiet); }
.notice { border-left: 4px solid var(--beyond); padding: .4rem .8rem; margin: 1rem 0; }
.wide { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; margin-top: 1rem; }
th, td { padding: .5rem .7rem; text-align: left; vertical-align: top;
  border-bottom: 1px solid var(--line); }
th { font-weight: 500; vertical-align: bottom; position: sticky; top: 0;
  background: var(--ground); }
td { font-variant-numeric: tabular-nums; } td:first-child p { overflow-wrap: anywhere; }
small { display: block; min-width: 5.5rem; }
img { display: block; max-width: 200px; max-height: 160px; border-radius: 4px; background: #000; }
a { color: var(--link); } .beyond { color: var(--beyond); } .bad { color: var(--bad); }
@page { size: A4 landscape; margin: 12mm; }
@media print { body { margin: 0; padding: 0; max-width: none; font-size: 8.5px; }
  :root { --ink: #000; --quiet: #444; --ground: #fff; --line: #bbb; --beyond: #7a4700;
    --bad: #a00; } th { position: static; } th, td { padding: .25rem .35rem; }
  small { min-width: 0; font-size: 7.5px; } img { max-width: 80px; max-height: 64px; }
  tr { break-inside: avoid; } thead { display: table-header-group; } .links { display: none; } }
"""


@dataclass(frozen=True)
class Entry:
    """A result and its files."""

    result: Result
    report: Path
    overlay: Path


@dataclass(frozen=True)
class _Cell:
    text: str
    note: str = ""
    beyond: bool = False


def page(out: Path, entries: Sequence[Entry]) -> str:
    """The page.

    Args:
        out: The folder that it will lie in.
        entries: What it shows, in order.
    """
    rows = [_cells(entry.result) for entry in entries]
    columns = list(dict.fromkeys(name for row in rows for name in row))
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in ("film", *columns))
    body = "\n".join(
        f"<tr>{_film(out, entry)}{''.join(_td(row.get(name)) for name in columns)}</tr>"
        for entry, row in zip(entries, rows, strict=True)
    )
    kinds = ", ".join(sorted({entry.result.task_type for entry in entries}))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<title>X-ray reports: {escape(kinds)}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>X-ray reports: {escape(kinds)}</h1>
{_head(entries)}
<p class="notice"><strong>Not a diagnosis.</strong> Measured by a program for research and
evaluation; a dentist checks every value on the film.</p>
<div class="wide">
<table>
<thead><tr>{head}</tr></thead>
<tbody>
{body}
</tbody>
</table>
</div>
</body>
</html>
"""


def _head(entries: Sequence[Entry]) -> str:
    failed = sum(entry.result.error is not None for entry in entries)
    models = {f"{name} {v}" for entry in entries for name, v in entry.result.models.items()}
    return (
        f"<p>{len(entries) - failed} of {len(entries)} films read"
        + (f', <span class="bad">{failed} not read</span>' if failed else "")
        + ' · <a href="summary.csv">summary.csv</a></p>\n'
        + f'<p class="quiet">{escape(", ".join(sorted(models)))}</p>'
    )


def _film(out: Path, entry: Entry) -> str:
    name = escape(entry.result.film)
    links = [f'<a href="{_address(out, entry.report)}">report</a>']
    picture = ""
    if entry.overlay.is_file():
        address = _address(out, entry.overlay)
        links.insert(0, f'<a href="{address}">overlay</a>')
        picture = f'<a href="{address}"><img alt="{name}" src="{_thumbnail(entry)}"/></a>'
    failed = entry.result.error
    why = f"{failed['code']} {failed['message']}" if failed else ""
    return (
        f'<td>{picture}<p>{name}</p><p class="bad">{escape(why)}</p>'
        f'<p class="links">{" · ".join(links)}</p></td>'
    )


def _address(out: Path, path: Path) -> str:
    return quote(os.fsencode(path.relative_to(out)), safe="/")


def _thumbnail(entry: Entry) -> str:
    """The film's part of the overlay, small, as an address that holds the picture itself."""
    from PIL import Image

    with Image.open(entry.overlay) as overlay:
        size = (entry.result.data or {}).get("image")
        picture = overlay.crop((0, 0, *_film_part(overlay.size, size))) if size else overlay
        picture.thumbnail(_THUMBNAIL)
        out = io.BytesIO()
        picture.save(out, "JPEG", quality=80)
    return "data:image/jpeg;base64," + base64.b64encode(out.getvalue()).decode()


def _film_part(overlay: tuple[int, int], film: Mapping[str, Any]) -> tuple[int, int]:
    """The margin is beside a film that stands and below one that lies."""
    width, height = overlay
    if film["height"] >= film["width"]:
        return min(width, round(height * film["width"] / film["height"])), height
    return width, min(height, round(width * film["height"] / film["width"]))


def _cells(result: Result) -> dict[str, _Cell]:
    data = result.data or {}
    return dict(_plain(data)) | dict(_measured(data)) | dict(_teeth(data)) | dict(_doubts(data))


def _measured(data: Mapping[str, Any]) -> Iterator[tuple[str, _Cell]]:
    classes = data.get("isbi") or {}
    for name, value in (data.get("measurements") or {}).items():
        if name not in classes:
            yield name, _Cell("—" if value is None else f"{value:g}")
            continue
        known = classes[name]
        form = _FORMS.get(known["unit"], "{:.3f}")
        text = "—" if value is None else form.format(value)
        # Not the clinical norms, so the column says whose classes these are.
        beyond = known["class"] not in (None, 1)
        yield f"ISBI {name}", _Cell(text, known["reading"] or "", beyond)


def _plain(data: Mapping[str, Any]) -> Iterator[tuple[str, _Cell]]:
    for name, value in data.items():
        if isinstance(value, str | int | float):
            yield re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower(), _Cell(str(value))


def _teeth(data: Mapping[str, Any]) -> Iterator[tuple[str, _Cell]]:
    by_status: dict[str, list[str]] = {}
    for number, status in statuses(data).items():
        by_status.setdefault(status, []).append(str(number))
    for status, numbers in sorted(by_status.items()):
        yield status.replace("_", " "), _Cell(" ".join(numbers))
    if "diseases" in data:
        yield "findings", _Cell("; ".join(map(in_words, findings(data))) or "none found")


def _doubts(data: Mapping[str, Any]) -> Iterator[tuple[str, _Cell]]:
    doubtful = [
        one["abbreviation"] for one in data.get("landmarks") or () if one["confidence"] < _DOUBTFUL
    ]
    if doubtful:
        yield "doubtful points", _Cell(" ".join(doubtful), beyond=True)


def _td(cell: _Cell | None) -> str:
    if cell is None:
        return "<td></td>"
    mark = ' class="beyond"' if cell.beyond else ""
    note = f"<small{mark}>{escape(cell.note)}</small>" if cell.note else ""
    return f"<td><span{mark}>{escape(cell.text)}</span>{note}</td>"
