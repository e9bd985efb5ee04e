"""Writes the plots of an evaluation, and one page that shows them all."""

from html import escape
from pathlib import Path

from PIL import Image

from pipelines.ceph.landmarks import ABBREVIATIONS
from xray.overlay import render
from xray.plots import charts
from xray.plots.records import BadFilm, Records

_CHARTS = (
    charts.landmark_errors,
    charts.cumulative_error,
    charts.bland_altman,
    charts.confusion,
    charts.reliability,
)


def write_album(folder: Path, records: Records) -> Path:
    """Write every chart as SVG, the worst films as overlays, and ``index.html``.

    Args:
        folder: Where; made if missing.
        records: At least one film.

    Returns:
        The page.
    """
    folder.mkdir(parents=True, exist_ok=True)
    parts = []
    for chart in _CHARTS:
        drawing = chart(records).document()
        (folder / f"{chart.__name__}.svg").write_text(drawing, encoding="utf-8")
        parts.append(drawing)
    for rank, film in enumerate(records.worst, start=1):
        name = f"worst_{rank}.jpg"
        _overlay(film).save(folder / name, quality=90)
        caption = f"{film.case.name}: {film.mean_error_mm:.2f} mm"
        parts.append(
            f'<figure><a href="{name}"><img src="{name}" alt="{escape(caption)}"/></a>'
            f"<figcaption>{escape(caption)}</figcaption></figure>"
        )
    page = folder / "index.html"
    page.write_text(_PAGE.format(films=len(records.films), parts="\n".join(parts)), "utf-8")
    return page


def _overlay(film: BadFilm) -> Image.Image:
    truth = dict(zip(ABBREVIATIONS, film.case.truth.tolist(), strict=True))
    return render(film.case.content, {"data": {**film.data, "truth": truth}})


_PAGE = """<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<title>Evaluation</title>
<style>
body {{ margin: 2rem auto; max-width: 60rem; padding: 0 1rem; color: #1b1f24; background: #fff;
  font: 15px/1.45 system-ui, sans-serif; color-scheme: light; }}
svg, img {{ max-width: 100%; height: auto; margin-top: 2rem; }}
figure {{ margin: 0; break-inside: avoid; }}
</style>
</head>
<body>
<h1>Evaluation on {films} films</h1>
<p>Films that the model was trained on are left out. Below the charts: the films with the largest
mean error, with the truth.</p>
{parts}
</body>
</html>
"""
