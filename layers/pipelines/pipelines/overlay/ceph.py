"""Cephalograms: landmarks, the lines between them, and the measurements in the margin.

An evaluation adds ``truth`` to a report, abbreviation → point in pixels of the film: it is drawn as
crosses, each with a line to the landmark that was read.
"""

import math
from collections.abc import Iterator, Mapping
from typing import Any

from pipelines.overlay.canvas import Canvas, Colour, Point, Stroke, text_width
from pipelines.overlay.labels import place_labels
from pipelines.overlay.panel import Row, Section

_LINE: Colour = (150, 190, 255)
_PLANE: Colour = (214, 160, 255)
_TRUTH: Colour = (255, 255, 255)
_LETTERS = 17.0
_BANDS: tuple[tuple[float, Colour, str], ...] = (
    (0.9, (94, 230, 178), "confidence 0.9 and more"),
    (0.7, (255, 209, 84), "0.7 to 0.9: look again"),
    (0.0, (255, 112, 92), "below 0.7: doubtful"),
)
# From, to, its name, and how far it goes on at either end as a share of its length.
_LINES: tuple[tuple[str, str, str, Colour, float], ...] = (
    ("S", "N", "SN", _LINE, 0.06),
    ("N", "A", "", _LINE, 0.0),
    ("N", "B", "", _LINE, 0.0),
    ("Po", "Or", "FH", _PLANE, 0.12),
    ("Go", "Gn", "Go-Gn", _PLANE, 0.1),
    ("Go", "Me", "Go-Me", _PLANE, 0.1),
)
_DASHED = {("Go", "Me"): 7.0}
_UNITS = {"deg": "°", "mm": " mm", "ratio": ""}


def draw(canvas: Canvas, data: Mapping[str, Any], scale: float, area: tuple[float, float]) -> None:
    """Draw a report on its film.

    Args:
        canvas: With the film in its upper left corner.
        data: The report; landmarks in pixels of the film.
        scale: Pixels of the canvas per pixel of the film.
        area: Width and height of the film on the canvas.
    """
    points = {
        one["abbreviation"]: ((one["x"] + 0.5) * scale, (one["y"] + 0.5) * scale)
        for one in data["landmarks"]
    }
    lines = []
    for start, end, name, colour, beyond in _LINES:
        if start in points and end in points:
            lines.append(_extended(points[start], points[end], beyond))
            canvas.line(*lines[-1], Stroke(colour, 1.6, _DASHED.get((start, end), 0.0)))
            _name_line(canvas, lines[-1], name, colour)
    for name, (x, y) in data.get("truth", {}).items():
        _cross(canvas, ((x + 0.5) * scale, (y + 0.5) * scale), points[name])
    sizes = [(text_width(name, _LETTERS) + 4, _LETTERS) for name in points]
    centres = place_labels(list(points.values()), sizes, area, lines)
    for landmark, at, centre in zip(data["landmarks"], points.values(), centres, strict=True):
        colour = _colour(landmark["confidence"])
        # What the model is not sure of is drawn larger: it may lie anywhere in there.
        canvas.ring(at, 5.0 + 40.0 * (1 - landmark["confidence"]), colour)
        canvas.dot(at, 2.2, colour)
        canvas.text(centre, landmark["abbreviation"], _LETTERS, (colour, "mm"))


def sections(data: Mapping[str, Any]) -> list[Section]:
    """What the margin says of a report."""
    legend = [Row(words, swatch=colour) for _, colour, words in _BANDS]
    landmarks = Section("Landmarks", [*legend, *_doubtful(data)])
    if "truth" in data:
        return [_farthest(data), landmarks]
    headline = Section("Cephalogram", list(_headline(data)))
    return [headline, *_analyses(data), landmarks, *_missing(data)]


def _headline(data: Mapping[str, Any]) -> Iterator[Row]:
    if data.get("skeletalClass"):
        yield Row("skeletal class", data["skeletalClass"])
    if data.get("growthPattern"):
        yield Row("growth", data["growthPattern"])
    spacing = data.get("image", {}).get("pixelSpacing")
    yield Row("scale", f"{spacing[0]:.4g} mm/px" if spacing else "not known")


def _farthest(data: Mapping[str, Any]) -> Section:
    spacing = data["image"]["pixelSpacing"]
    pitch, unit = (spacing[0], "mm") if spacing else (1.0, "px")
    read = {one["abbreviation"]: (one["x"], one["y"]) for one in data["landmarks"]}
    errors = {name: pitch * math.dist(read[name], true) for name, true in data["truth"].items()}
    order = sorted(errors, key=lambda name: -errors[name])
    rows = [Row(name, f"{errors[name]:.1f} {unit}") for name in order]
    return Section("Distance from the truth", [Row("truth", swatch=_TRUTH), *rows])


def _analyses(data: Mapping[str, Any]) -> Iterator[Section]:
    for analysis in data.get("analyses", ()):
        rows = [_measured(one) for one in analysis["measurements"] if one["value"] is not None]
        if rows:
            yield Section(analysis["name"], rows)
    if "isbi" in data:
        rows = [
            Row(
                name,
                _value(one),
                note=one["reading"] or "",
                beyond=one["class"] not in (None, 1),
            )
            for name, one in data["isbi"].items()
            if one["value"] is not None
        ]
        yield Section("ISBI 2015 classes", rows)
    else:
        known = {name: one for name, one in data.get("measurements", {}).items() if one is not None}
        yield Section("Measurements", [Row(name, f"{one:g}") for name, one in known.items()])


def _measured(one: Mapping[str, Any]) -> Row:
    norm, sd, usual = one.get("norm"), one.get("sd"), one.get("range")
    words, position = "", None
    if norm is not None and sd:
        words, position = f"{norm:g} ± {sd:g}", (one["value"] - norm) / sd
    elif usual:
        middle, half = (usual[0] + usual[1]) / 2, (usual[1] - usual[0]) / 2
        words, position = f"{usual[0]:g} to {usual[1]:g}", (one["value"] - middle) / half
    return Row(
        label=one["name"],
        value=_value(one),
        norm=words,
        position=position,
        note=one.get("reading") or "",
        beyond=usual is not None and not usual[0] <= one["value"] <= usual[1],
    )


def _value(one: Mapping[str, Any]) -> str:
    digits = 3 if one["unit"] == "ratio" else 1
    return f"{one['value']:.{digits}f}{_UNITS.get(one['unit'], ' ' + one['unit'])}"


def _doubtful(data: Mapping[str, Any]) -> Iterator[Row]:
    unsure = [one["abbreviation"] for one in data["landmarks"] if one["confidence"] < _BANDS[0][0]]
    if unsure:
        yield Row("look again at", note=", ".join(unsure))


def _missing(data: Mapping[str, Any]) -> Iterator[Section]:
    names = [one["name"] for one in data.get("notMeasured", ())]
    if names:
        yield Section("Not measured", [Row("see the report for why", note=", ".join(names))])


def _colour(confidence: float) -> Colour:
    return next(colour for limit, colour, _ in _BANDS if confidence >= limit)


def _extended(start: Point, end: Point, share: float) -> tuple[Point, Point]:
    dx, dy = (end[0] - start[0]) * share, (end[1] - start[1]) * share
    return (start[0] - dx, start[1] - dy), (end[0] + dx, end[1] + dy)


def _cross(canvas: Canvas, at: Point, read: Point) -> None:
    canvas.line(at, read, Stroke(_TRUTH, 1.2))
    for dx, dy in ((5, 5), (5, -5)):
        canvas.line((at[0] - dx, at[1] - dy), (at[0] + dx, at[1] + dy), Stroke(_TRUTH, 1.6))


def _name_line(canvas: Canvas, ends: tuple[Point, Point], name: str, colour: Colour) -> None:
    """At the line's free end, a little beyond it."""
    (x0, y0), (x1, y1) = ends
    length = math.hypot(x1 - x0, y1 - y0) or 1.0
    at = (x1 + (x1 - x0) / length * 8, y1 + (y1 - y0) / length * 8)
    canvas.text(at, name, 13, (colour, "lm" if x1 > x0 else "rm"))
