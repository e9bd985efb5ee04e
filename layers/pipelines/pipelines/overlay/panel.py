"""The margin beside a film: titles, legends, and measurements with their norms."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from pipelines.overlay.canvas import Canvas, Colour, Stroke, text_width

WIDTH = 440
GROUND: Colour = (16, 19, 24)
_PAD = 22.0
_INK: Colour = (232, 234, 237)
_QUIET: Colour = (150, 157, 168)
_TRACK: Colour = (58, 64, 74)
_USUAL: Colour = (64, 112, 98)
_SURE: Colour = (94, 214, 178)
_BEYOND: Colour = (255, 190, 92)
_GAUGE = (_PAD + 298, WIDTH - _PAD)
_GAUGE_SD = 4.0  # norm deviations from the middle of a gauge to its end


@dataclass(frozen=True)
class Row:
    """A line of the margin.

    Attributes:
        label: What it is about.
        value: What was found.
        norm: What is usual, in words.
        position: Where the value lies, in deviations from the norm; None without a norm.
        note: What it means, on a line below.
        beyond: Whether it is outside of what is usual.
        swatch: The colour that the label explains.
    """

    label: str
    value: str = ""
    norm: str = ""
    position: float | None = None
    note: str = ""
    beyond: bool = False
    swatch: Colour | None = None


@dataclass(frozen=True)
class Section:
    """Lines under a title."""

    title: str
    rows: Sequence[Row] = field(default_factory=tuple)


def tallest(sections: Sequence[Section]) -> int:
    """Height of a column that has room for the longest section, in pixels."""
    return math.ceil(max(map(_height, sections)) + 2 * _PAD)


def arrange(sections: Sequence[Section], height: float) -> list[list[Section]]:
    """Sections in columns of a height; a section is never cut."""
    columns: list[list[Section]] = []
    room = 0.0
    for section in sections:
        room -= _height(section)
        if room < 0 or not columns:
            columns.append([])
            room = height - 2 * _PAD - _height(section)
        columns[-1].append(section)
    return columns


def draw_panel(
    canvas: Canvas, corner: tuple[float, float], columns: Sequence[Sequence[Section]]
) -> None:
    """Draw columns of :data:`WIDTH`, from the corner to the right.

    Args:
        canvas: Where.
        corner: Upper left corner of the first column.
        columns: Of :func:`arrange`.
    """
    for index, sections in enumerate(columns):
        x, y = corner[0] + index * WIDTH, corner[1] + _PAD
        for section in sections:
            canvas.text((x + _PAD, y + 8), section.title, 17, (_INK, "lm"), rim=False)
            y += 28
            for row in section.rows:
                y = _draw_row(canvas, (x, y), row)
            y += 14


def _height(section: Section) -> float:
    return 42 + sum(22 + 17 * len(list(_lines(row))) for row in section.rows)


def _lines(row: Row) -> Iterator[str]:
    """The note in lines that fit."""
    line = ""
    for word in row.note.split():
        longer = f"{line} {word}".strip()
        if line and text_width(longer, 12.5) > WIDTH - 2 * _PAD - 22:
            yield line
            longer = word
        line = longer
    if line:
        yield line


def _draw_row(canvas: Canvas, corner: tuple[float, float], row: Row) -> float:
    x, y = corner
    middle = y + 10
    left = x + _PAD
    if row.swatch is not None:
        canvas.dot((left + 5, middle), 5, row.swatch)
        left += 22
    canvas.text((left, middle), row.label, 14, (_INK if row.value else _QUIET, "lm"), rim=False)
    canvas.text(
        (x + _PAD + 218, middle),
        row.value,
        14.5,
        (_BEYOND if row.beyond else _INK, "rm"),
        rim=False,
    )
    canvas.text((x + _PAD + 228, middle), row.norm, 12, (_QUIET, "lm"), rim=False)
    if row.position is not None:
        _draw_gauge(canvas, (x, middle), row.position)
    y += 22
    for line in _lines(row):
        canvas.text((left, y + 5), line, 12.5, (_BEYOND if row.beyond else _QUIET, "lm"), rim=False)
        y += 17
    return y


def _draw_gauge(canvas: Canvas, at: tuple[float, float], position: float) -> None:
    """A track of ±4 deviations, what is usual in its middle, and a dot for the value."""
    left, right = at[0] + _GAUGE[0], at[0] + _GAUGE[1]
    middle, unit = (left + right) / 2, (right - left) / 2 / _GAUGE_SD
    canvas.bar((left, at[1] - 1), (right, at[1] + 1), _TRACK)
    canvas.bar((middle - unit, at[1] - 3.5), (middle + unit, at[1] + 3.5), _USUAL)
    canvas.line((middle, at[1] - 6), (middle, at[1] + 6), Stroke(_QUIET, 1))
    shown = max(-_GAUGE_SD, min(_GAUGE_SD, position))
    colour = _SURE if abs(position) <= 1 else _BEYOND
    canvas.dot((middle + shown * unit, at[1]), 4.5, colour)
