"""Panoramics: teeth in the colour of their status with their FDI numbers, findings outlined."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from pipelines.overlay.canvas import Canvas, Colour, Point, Stroke
from pipelines.overlay.panel import Row, Section
from pipelines.pano.findings import findings

_COLOURS: Mapping[str, Colour] = {
    "healthy": (94, 214, 178),
    "caries": (255, 112, 92),
    "filled": (96, 176, 255),
    "crown": (255, 209, 84),
    "bridge": (255, 160, 72),
    "implant": (196, 148, 255),
    "root_canal": (64, 214, 235),
    "residual_root": (222, 120, 96),
    "impacted": (255, 138, 214),
    "missing": (150, 157, 168),
    "unknown": (200, 204, 210),
}
_FINDING: Colour = (255, 84, 84)
_TRUTH: Colour = (255, 255, 96)
_LETTERS: Colour = (255, 255, 255)


def draw(canvas: Canvas, data: Mapping[str, Any], scale: float, area: tuple[float, float]) -> None:
    """Draw a report on its film.

    Args:
        canvas: With the film in its upper left corner.
        data: The report; regions in pixels of the film.
        scale: Pixels of the canvas per pixel of the film.
        area: Width and height of the film on the canvas.
    """
    for tooth in data["teeth"]:
        region = _region(tooth, scale)
        if region:
            healthy = tooth["status"] == "healthy"
            stroke = Stroke(_colour(tooth["status"]), 1.8)
            canvas.outline(region, stroke, fill=16 if healthy else 60)
            canvas.text(_middle(region), str(tooth["id"]), 17, (_LETTERS, "mm"))
    for one in (*data.get("unnumbered", ()), *data.get("restorations", ())):
        region = _region(one, scale)
        if region:
            canvas.outline(region, Stroke(_colour(one.get("type", "unknown")), 1.2))
    for line in data.get("truth", ()):  # of an evaluation
        canvas.outline(_region({"polygon": line}, scale), Stroke(_TRUTH, 1.4))
    for finding in findings(data):
        region = _region(finding, scale)
        if region:
            canvas.outline(region, Stroke(_FINDING, 2.6))
            x, y = min(region, key=lambda point: point[1])
            canvas.text(
                (min(max(x, 40.0), area[0] - 40.0), max(y - 4, 16.0)),
                _spoken(finding["type"]), 15, (_LETTERS, "mb"),
            )  # fmt: skip


def sections(data: Mapping[str, Any]) -> list[Section]:
    """What the margin says of a report."""
    truth = [Section("Evaluation", [Row("truth", swatch=_TRUTH)])] if data.get("truth") else []
    return [
        Section("Panoramic", list(_statuses(data["teeth"]))),
        Section("Findings", list(_findings(findings(data)))),
        *truth,
    ]


def _colour(kind: str) -> Colour:
    return _COLOURS.get("filled" if kind == "filling" else kind, _COLOURS["unknown"])


def _statuses(teeth: Sequence[Mapping[str, Any]]) -> Iterator[Row]:
    for status, colour in _COLOURS.items():
        numbers = [str(tooth["id"]) for tooth in teeth if tooth["status"] == status]
        if numbers:
            yield Row(_spoken(status), f"{len(numbers)}", note=" ".join(numbers), swatch=colour)


def _findings(diseases: Sequence[Mapping[str, Any]]) -> Iterator[Row]:
    for finding in diseases:
        where = _spoken(finding.get("location") or "")
        how = [_spoken(finding["severity"])] if finding.get("severity") else []
        yield Row(
            _spoken(finding["type"]),
            where.removeprefix("tooth "),
            note=", ".join([*how, f"confidence {finding['confidence']:.2f}"]),
            swatch=_FINDING,
        )
    if not diseases:
        yield Row("none found")


def _region(one: Mapping[str, Any], scale: float) -> list[Point]:
    """The corners of a polygon, or of a box ``[left, top, right, bottom]``; none for neither."""
    corners = one.get("polygon") or []
    if not corners and one.get("box"):
        left, top, right, bottom = one["box"]
        corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    return [((x + 0.5) * scale, (y + 0.5) * scale) for x, y in corners]


def _middle(region: Sequence[Point]) -> Point:
    xs, ys = [x for x, _ in region], [y for _, y in region]
    return (min(xs) + max(xs)) / 2, (min(ys) + max(ys)) / 2


def _spoken(word: str) -> str:
    return word.replace("_", " ")
