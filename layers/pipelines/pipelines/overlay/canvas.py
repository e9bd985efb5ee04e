"""A film in display size with a margin, and what is drawn on them.

Shapes are aggdraw's, because Pillow's lines have no soft edges; letters are Pillow's, and lie over
all shapes. Positions and sizes are pixels, as floats.
"""

import math
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import NamedTuple, cast

import aggdraw
from PIL import Image, ImageDraw, ImageFont

Point = tuple[float, float]
Colour = tuple[int, int, int]

_BLACK: Colour = (0, 0, 0)
_RIM_OPACITY = 200
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


@dataclass(frozen=True)
class _Text:
    """A line of text that is still to be written."""

    at: Point
    words: str
    size: float
    colour: Colour
    anchor: str
    rim: bool


class _Letters(NamedTuple):
    """A line of text as it is painted: its opacity, and where that lies beside its anchor."""

    mask: Image.Image
    shift: tuple[int, int]


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
        self._image = Image.new("RGB", size, ground)
        self._image.paste(picture, (0, 0))
        self._shapes = aggdraw.Draw(self._image)
        self._texts: list[_Text] = []

    def finished(self) -> Image.Image:
        """The picture."""
        self._shapes.flush()
        for one in self._texts:
            if one.rim:
                self._write(one, _letters(one.words, one.size, one.anchor, 1), _BLACK)
            self._write(one, _letters(one.words, one.size, one.anchor, 0), one.colour)
        self._texts = []
        return self._image

    def _write(self, text: _Text, letters: _Letters, colour: Colour) -> None:
        x, y = (round(side + shift) for side, shift in zip(text.at, letters.shift, strict=True))
        width, height = letters.mask.size
        self._image.paste(colour, (x, y, x + width, y + height), letters.mask)

    def line(self, start: Point, end: Point, stroke: Stroke) -> None:
        """Draw a line with a dark rim, so that it shows on bone as on air."""
        parts = _dashes(start, end, stroke.dash) if stroke.dash else [(start, end)]
        rim = aggdraw.Pen(_BLACK, stroke.width + 1.6, 110)
        for pen in (rim, aggdraw.Pen(stroke.colour, stroke.width)):
            for one, other in parts:
                self._shapes.line((*one, *other), pen)

    def outline(self, points: Sequence[Point], stroke: Stroke, fill: int = 0) -> None:
        """Draw a closed shape; ``fill`` is the opacity of its inside, 0…255."""
        corners = [side for point in points for side in point]
        inside = [aggdraw.Brush(stroke.colour, fill)] if fill else []
        self._shapes.polygon(corners, aggdraw.Pen(stroke.colour, stroke.width), *inside)

    def dot(self, at: Point, radius: float, colour: Colour) -> None:
        """Draw a dot with a dark rim."""
        self._shapes.ellipse(_around(at, radius + 1), aggdraw.Brush(_BLACK, 170))
        self._shapes.ellipse(_around(at, radius), aggdraw.Brush(colour))

    def ring(self, at: Point, radius: float, colour: Colour) -> None:
        """Draw a thin circle."""
        self._shapes.ellipse(_around(at, radius), aggdraw.Pen(colour, 1.2, 200))

    def bar(self, corner: Point, opposite: Point, colour: Colour) -> None:
        """Fill a rectangle."""
        self._shapes.rectangle((*corner, *opposite), aggdraw.Brush(colour))

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
        if words:
            self._texts.append(_Text(at, printable(words), size, *style, rim))


@lru_cache(4096)  # the margin is measured, arranged and drawn, and most of its words stay the same
def text_width(words: str, size: float) -> float:
    """Width of a line of text in pixels."""
    return _font(size).getlength(printable(words))


def printable(words: str) -> str:
    """The words in the letters that the font has; what it has not becomes a question mark."""
    if words.isascii():
        return words
    plain = unicodedata.normalize("NFKD", words.translate(_PLAIN).replace("°", "\x00"))
    letters = (one for one in plain if not unicodedata.combining(one))
    return "".join(
        "°" if one == "\x00" else one if one.isascii() or one in "±·…" else "?" for one in letters
    )


@lru_cache(2048)  # names and norms are the same on every film, and numbers come again
def _letters(words: str, size: float, anchor: str, rim: int) -> _Letters:
    font = _font(size)
    left, top, right, bottom = font.getbbox(words, anchor=anchor, stroke_width=rim)
    shift = (math.floor(left), math.floor(top))
    mask = Image.new("L", (math.ceil(right) - shift[0], math.ceil(bottom) - shift[1]))
    ImageDraw.Draw(mask).text(
        (-shift[0], -shift[1]), words, fill=_RIM_OPACITY if rim else 255, font=font, anchor=anchor,
        stroke_width=rim,
    )  # fmt: skip
    return _Letters(mask, shift)


@cache
def _font(size: float) -> ImageFont.FreeTypeFont:
    return cast("ImageFont.FreeTypeFont", ImageFont.load_default(size))


def _around(at: Point, radius: float) -> tuple[float, float, float, float]:
    x, y = at
    return x - radius, y - radius, x + radius, y + radius


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
