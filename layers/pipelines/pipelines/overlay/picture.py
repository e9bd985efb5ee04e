"""A film and its report become one picture."""

import importlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt
from PIL import Image

from pipelines.film import Film, read_film
from pipelines.overlay.canvas import Canvas
from pipelines.overlay.panel import GROUND, WIDTH, Row, Section, arrange, draw_panel, tallest

# The key by which a report shows what it is → the module that draws it: ``draw`` and ``sections``.
KINDS = {"landmarks": "pipelines.overlay.ceph", "teeth": "pipelines.overlay.pano"}

_LONGEST, _SHORTEST = 2000, 1200  # of the film's longer side, as it is shown
ENOUGH = (_LONGEST, _LONGEST)  # rows and columns that a film is decoded to
_STEP = 20
_NOTICE = Section("Not a diagnosis", [Row("measured by a program, to be checked by a person")])


def render(film: bytes, report: Mapping[str, Any]) -> Image.Image:
    """Draw a report on its film.

    Args:
        film: The film's file.
        report: As ``xray analyze`` writes it: ``data``, or ``error``, or both.

    Returns:
        The film with what was found, and a margin that explains it: beside a film that stands,
        below one that lies. However large the film, its part is at most 2000 pixels long.

    Raises:
        FilmUnreadable: The film cannot be decoded.
    """
    return draw(read_film(film, enough=ENOUGH), report)


def draw(film: Film, report: Mapping[str, Any]) -> Image.Image:
    """Draw a report on its film; see :func:`render`."""
    longest = max(film.width, film.height)
    scale = min(max(longest, _SHORTEST), _LONGEST) / longest
    width, height = (max(1, round(side * scale)) for side in (film.width, film.height))
    data = report.get("data") or {}
    kind = next((KINDS[key] for key in KINDS if key in data), None)
    module = importlib.import_module(kind) if kind else None
    sections = [*(module.sections(data) if module else _outcome(report)), _NOTICE]

    tall = tallest(sections)
    if height >= width:
        tall = max(tall, height)
        columns = arrange(sections, tall)
        size, corner = (width + len(columns) * WIDTH, tall), (width, 0)
    else:
        while len(columns := arrange(sections, tall)) > max(1, width // WIDTH):
            tall += _STEP
        size, corner = (max(width, WIDTH), height + tall), (0, height)
    grey = Image.fromarray(displayed(film))
    # Where pixels are averaged, the finer filter takes longer and shows no difference.
    filtering = Image.Resampling.BICUBIC if width > grey.width else Image.Resampling.BILINEAR
    shown = grey.resize((width, height), filtering)
    canvas = Canvas(size, GROUND, shown)
    if module:
        module.draw(canvas, data, scale, (width, height))
    draw_panel(canvas, corner, columns)
    return canvas.finished()


def displayed(film: Film) -> npt.NDArray[np.uint8]:
    """The film's grey values as a screen shows them.

    Deeper films than 8 bits are shown from their 0.5th to their 99.5th percentile.
    """
    if film.pixels.dtype == np.uint8:
        return np.asarray(film.pixels, dtype=np.uint8)
    values = film.pixels.astype(np.float32)
    low, high = np.percentile(values, (0.5, 99.5))
    grey = np.clip((values - low) / max(float(high - low), 1e-6), 0, 1)
    return np.asarray(255 * grey, dtype=np.uint8)


def _outcome(report: Mapping[str, Any]) -> list[Section]:
    """What can be said of a report that no module draws."""
    error = report.get("error")
    if error:
        return [Section("Not read", [Row(f"code {error['code']}", note=error["message"])])]
    scalars = {
        name: value
        for name, value in (report.get("data") or {}).items()
        if isinstance(value, str | int | float)
    }
    return [Section("Report", [Row(name, str(value)) for name, value in scalars.items()])]
