"""Charts as SVG text."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from html import escape

Point = tuple[float, float]
Range = tuple[float, float]

INK, QUIET, GRID = "#1b1f24", "#5d6672", "#e3e6ea"
BLUE, AMBER, RED, GREEN = "#2368b0", "#c77700", "#b3261e", "#2b7f62"


class Drawing:
    """Marks on white paper; positions are pixels, y down."""

    def __init__(self, width: float, height: float, title: str) -> None:
        """Begin with the title in the upper left corner."""
        self.width, self.height = width, height
        self._title = title
        self._marks: list[str] = []
        self.text((16, 26), title, size=16, colour=INK)

    def line(
        self, points: Iterable[Point], colour: str, width: float = 1.5, dash: str = ""
    ) -> None:
        """A line through points."""
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        self._marks.append(
            f'<polyline points="{path}" fill="none" stroke="{colour}" stroke-width="{width}"'
            f' stroke-dasharray="{dash}"/>'
        )

    def dot(self, at: Point, radius: float, colour: str, opacity: float = 1.0) -> None:
        """A filled circle."""
        self._marks.append(
            f'<circle cx="{at[0]:.1f}" cy="{at[1]:.1f}" r="{radius:.1f}" fill="{colour}"'
            f' fill-opacity="{opacity:.2f}"/>'
        )

    def bar(self, corner: Point, opposite: Point, colour: str, opacity: float = 1.0) -> None:
        """A filled rectangle."""
        left, right = sorted((corner[0], opposite[0]))
        top, bottom = sorted((corner[1], opposite[1]))
        self._marks.append(
            f'<rect x="{left:.1f}" y="{top:.1f}" width="{right - left:.1f}"'
            f' height="{bottom - top:.1f}" fill="{colour}" fill-opacity="{opacity:.2f}"/>'
        )

    def text(
        self, at: Point, words: str, anchor: str = "start", size: float = 12, colour: str = QUIET
    ) -> None:  # fmt: skip
        """A line of text; its anchor is ``start``, ``middle`` or ``end``."""
        self._marks.append(
            f'<text x="{at[0]:.1f}" y="{at[1]:.1f}" text-anchor="{anchor}" font-size="{size}"'
            f' fill="{colour}">{escape(words)}</text>'
        )

    def document(self) -> str:
        """The drawing as an SVG file."""
        marks = "\n".join(self._marks)
        return (
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {self.width:g} {self.height:g}"'
            f' width="{self.width:g}" height="{self.height:g}" role="img"'
            f' font-family="system-ui, sans-serif"><title>{escape(self._title)}</title>\n'
            f'<rect width="100%" height="100%" fill="#fff"/>\n{marks}\n</svg>\n'
        )


@dataclass(frozen=True)
class Axes:
    """A part of a drawing with coordinates of its own.

    Attributes:
        drawing: Where.
        corner: Upper left corner in the drawing.
        opposite: Lower right corner.
        across: The values at its left and right.
        up: The values at its bottom and top.
    """

    drawing: Drawing
    corner: Point
    opposite: Point
    across: Range
    up: Range

    def at(self, x: float, y: float) -> Point:
        """Where a pair of values lies in the drawing; what is out of range lies on the edge."""
        right = _share(x, self.across)
        above = _share(y, self.up)
        return (
            self.corner[0] + right * (self.opposite[0] - self.corner[0]),
            self.opposite[1] - above * (self.opposite[1] - self.corner[1]),
        )

    def grid(
        self, label_across: str, label_up: str, *, rows: bool = True, columns: bool = True
    ) -> None:
        """Lines at round values, with their labels."""
        for x in ticks(self.across) if columns else ():
            self.drawing.line((self.at(x, self.up[0]), self.at(x, self.up[1])), GRID, 1)
            place = self.at(x, self.up[0])
            self.drawing.text((place[0], place[1] + 17), f"{x:g}", "middle")
        for y in ticks(self.up) if rows else ():
            self.drawing.line((self.at(self.across[0], y), self.at(self.across[1], y)), GRID, 1)
            place = self.at(self.across[0], y)
            self.drawing.text((place[0] - 7, place[1] + 4), f"{y:g}", "end")
        middle = (self.corner[0] + self.opposite[0]) / 2
        self.drawing.text((middle, self.opposite[1] + 38), label_across, "middle")
        self.drawing.text((self.corner[0], self.corner[1] - 9), label_up)

    def level(self, y: float, colour: str, dash: str = "") -> None:
        """A line across at one value."""
        ends = (self.at(self.across[0], y), self.at(self.across[1], y))
        self.drawing.line(ends, colour, 1.4, dash)

    def upright(self, x: float, colour: str, dash: str = "") -> None:
        """A line from bottom to top at one value."""
        self.drawing.line((self.at(x, self.up[0]), self.at(x, self.up[1])), colour, 1.4, dash)


def _share(value: float, span: Range) -> float:
    """Where a value lies in a range, 0…1."""
    return min(max((value - span[0]) / (span[1] - span[0]), 0.0), 1.0)


def ticks(span: Range, about: int = 6) -> Sequence[float]:
    """Round values within a range, some six of them."""
    rough = (span[1] - span[0]) / about
    power = 10.0 ** math.floor(math.log10(rough))
    step = next(power * nice for nice in (1, 2, 5, 10) if power * nice >= rough)
    first = math.ceil(span[0] / step - 1e-9)
    count = math.floor(span[1] / step + 1e-9) - first + 1
    return [round((first + n) * step, 10) + 0.0 for n in range(count)]
