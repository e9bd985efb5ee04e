"""Writes the plots of an evaluation, and one page that shows them all."""

from collections.abc import Iterable, Mapping
from html import escape
from pathlib import Path

from PIL import Image

from pipelines.ceph.landmarks import ABBREVIATIONS
from pipelines.overlay import render
from pipelines.pano.evaluation.evaluate import Seen
from pipelines.pano.regions import label, outline
from xray.plots import charts, pano_charts
from xray.plots.pano_records import PanoRecords
from xray.plots.records import BadFilm, Records
from xray.plots.svg import Drawing

_CHARTS = (
    charts.landmark_errors,
    charts.cumulative_error,
    charts.bland_altman,
    charts.confusion,
    charts.reliability,
)


_PANO_CHARTS = (
    pano_charts.tooth_types,
    pano_charts.dice_by_film,
    pano_charts.number_confusion,
    pano_charts.status_confusion,
    pano_charts.tooth_reliability,
)


def write_album(folder: Path, records: Records) -> Path:
    """Write every chart as SVG, the worst films as overlays, and ``index.html``.

    Args:
        folder: Where; made if missing.
        records: At least one film.

    Returns:
        The page.
    """
    drawings = {chart.__name__: chart(records) for chart in _CHARTS}
    pictures = [
        (f"worst_{rank}.jpg", f"{film.case.name}: {film.mean_error_mm:.2f} mm", _overlay(film))
        for rank, film in enumerate(records.worst, start=1)
    ]
    return _write(folder, len(records.films), drawings, pictures)


def write_pano_album(folder: Path, records: PanoRecords) -> Path:
    """The same for panoramics: the films with the worst teeth, then those with the worst caries.

    Args:
        folder: Where; made if missing.
        records: At least one film.

    Returns:
        The page.
    """
    charts_of = _PANO_CHARTS if records.scores() else (pano_charts.dice_by_film,)
    drawings = {chart.__name__: chart(records) for chart in charts_of}
    pictures = [
        (f"worst_{kind}_{rank}.jpg", f"{seen.film.name}: Dice of {kind} {value:.3f}",
         _pano_overlay(seen, kind))
        for kind, films in (("teeth", records.worst_teeth), ("caries", records.worst_caries))
        for rank, (value, seen) in enumerate(films, start=1)
    ]  # fmt: skip
    return _write(folder, len(records.films), drawings, pictures)


def _write(
    folder: Path,
    films: int,
    drawings: Mapping[str, Drawing],
    pictures: Iterable[tuple[str, str, Image.Image]],
) -> Path:
    folder.mkdir(parents=True, exist_ok=True)
    parts = []
    for name, drawing in drawings.items():
        parts.append(drawing.document())
        (folder / f"{name}.svg").write_text(parts[-1], encoding="utf-8")
    for name, caption, picture in pictures:
        picture.save(folder / name, quality=90)
        parts.append(
            f'<figure><a href="{name}"><img src="{name}" alt="{escape(caption)}"/></a>'
            f"<figcaption>{escape(caption)}</figcaption></figure>"
        )
    page = folder / "index.html"
    page.write_text(_PAGE.format(films=films, parts="\n".join(parts)), "utf-8")
    return page


def _overlay(film: BadFilm) -> Image.Image:
    truth = dict(zip(ABBREVIATIONS, film.case.truth.tolist(), strict=True))
    return render(film.case.content, {"data": {**film.data, "truth": truth}})


def _pano_overlay(seen: Seen, kind: str) -> Image.Image:
    if kind == "teeth":
        truth = [line.tolist() for _, line in seen.film.teeth]
    else:
        labels, count = label(seen.film.caries_mask())
        truth = [outline(labels == index + 1, 0.5).tolist() for index in range(count)]
    return render(seen.content, {"data": {**seen.data, "truth": truth}})


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
<p>Films that the model was trained on are left out. Below the charts: the films that were read
worst, with the truth.</p>
{parts}
</body>
</html>
"""
