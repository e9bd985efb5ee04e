"""A film in display size with a margin, and what is drawn on them.

Everything is drawn at twice the size and halved at the end, because Pillow's lines have no soft
edges. Positions and sizes are pixels of the finished picture, as floats.
"""

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import cast

from PIL import Image, ImageDraw, ImageFont

Point = tuple[float, float]
Colour = tuple[int, int, int]

_FINER = 2
_BLACK: Colour = (0, 0, 0)
# The font that comes with Pillow knows Latin letters without accents and few signs.
_PLAIN = str.maketrans({"–": "-", "—": "-", "−": "-", "′": "'", "×": "x", "≤": "<=", "≥": ">="})


@dataclass(frozen=True)
class Stroke:
    """How a line looks.

    Attributes:
        colour: Red, green, blue.
        width: In pixels.
        dash: Length of dashes and gaps in pixels; 0 is a whole line.
    """

    colour: Colour
    width: float = 1.5
    dash: float = 0.0


class Canvas:
    """Something to draw on."""

    def __init__(self, size: tuple[int, int], ground: Colour, picture: Image.Image) -> None:
        """Begin.

        Args:
            size: Width and height of the finished picture.
            ground: Its colour where nothing is drawn.
            picture: What lies in its upper left corner.
        """
        self.size = size
        below = Image.new("RGB", size, ground)
        below.paste(picture, (0, 0))
        # Pixels are doubled, not made finer: when they are halved again, they are what they were.
        finer = (size[0] * _FINER, size[1] * _FINER)
        self._image = below.resize(finer, Image.Resampling.NEAREST)
        self._draw = ImageDraw.Draw(self._image, "RGBA")

    def finished(self) -> Image.Image:
        """The picture."""
        return self._image.reduce(_FINER)

    def line(self, start: Point, end: Point, stroke: Stroke) -> None:
        """Draw a line with a dark rim, so that it shows on bone as on air."""
        parts = _dashes(start, end, stroke.dash) if stroke.dash else [(start, end)]
        rim = stroke.width + 1.6
        for colour, width in (((*_BLACK, 110), rim), ((*stroke.colour, 255), stroke.width)):
            for one, other in parts:
                self._draw.line(_finer(one, other), fill=colour, width=round(width * _FINER))

    def outline(self, points: Sequence[Point], stroke: Stroke, fill: int = 0) -> None:
        """Draw a closed shape; ``fill`` is the opacity of its inside, 0…255."""
        if fill:
            self._draw.polygon(_finer(*points), fill=(*stroke.colour, fill))
        closed = (*points, points[0])
        self._draw.line(
            _finer(*closed), fill=stroke.colour, width=round(stroke.width * _FINER), joint="curve"
        )

    def dot(self, at: Point, radius: float, colour: Colour) -> None:
        """Draw a dot with a dark rim."""
        self._draw.circle(_finer(at)[0], (radius + 1) * _FINER, fill=(*_BLACK, 170))
        self._draw.circle(_finer(at)[0], radius * _FINER, fill=colour)

    def ring(self, at: Point, radius: float, colour: Colour) -> None:
        """Draw a thin circle."""
        self._draw.circle(
            _finer(at)[0], radius * _FINER, outline=(*colour, 200), width=round(1.2 * _FINER)
        )

    def bar(self, corner: Point, opposite: Point, colour: Colour) -> None:
        """Fill a rectangle."""
        self._draw.rectangle(_finer(corner, opposite), fill=colour)

    def text(
        self, at: Point, words: str, size: float, style: tuple[Colour, str], *, rim: bool = True
    ) -> None:
        """Write a line of text.

        Args:
            at: Where its anchor lies.
            words: What to write.
            size: Of the letters, in pixels.
            style: Colour, and what the anchor is, in Pillow's two letters.
            rim: Whether letters have a dark rim, so that they show on bone as on air.
        """
        if not words:
            return
        colour, anchor = style
        self._draw.text(
            _finer(at)[0], printable(words), fill=colour, font=_font(size), anchor=anchor,
            stroke_width=_FINER if rim else 0, stroke_fill=(*_BLACK, 200),
        )  # fmt: skip


@lru_cache(4096)  # the margin is measured, arranged and drawn, and most of its words stay the same
def text_width(words: str, size: float) -> float:
    """Width of a line of text in pixels."""
    return _font(size).getlength(printable(words)) / _FINER


def printable(words: str) -> str:
    """The words in the letters that the font has; what it has not becomes a question mark."""
    if words.isascii():
        return words
    plain = unicodedata.normalize("NFKD", words.translate(_PLAIN).replace("°", "\x00"))
    letters = (one for one in plain if not unicodedata.combining(one))
    return "".join(
        "°" if one == "\x00" else one if one.isascii() or one in "±·…" else "?" for one in letters
    )


@cache
def _font(size: float) -> ImageFont.FreeTypeFont:
    return cast("ImageFont.FreeTypeFont", ImageFont.load_default(size * _FINER))


def _finer(*points: Point) -> list[Point]:
    return [(x * _FINER, y * _FINER) for x, y in points]


def _dashes(start: Point, end: Point, dash: float) -> list[tuple[Point, Point]]:
    length = max(((end[0] - start[0]) ** 2 + (end[1] - start[1]) ** 2) ** 0.5, 1e-6)

    def along(distance: float) -> Point:
        share = min(distance / length, 1.0)
        return (
            start[0] + share * (end[0] - start[0]),
            start[1] + share * (end[1] - start[1]),
        )

    steps = range(int(length / (2 * dash)) + 1)
    return [(along(2 * dash * step), along(2 * dash * step + dash)) for step in steps]
