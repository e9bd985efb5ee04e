"""Formulas that are evaluated here, and written out as data for others to evaluate.

A formula is an operation on directed lines between landmarks, or made of other formulas. As data it
is ``{"op", "lines"}`` with pairs of abbreviations, or ``{"op", "of"}`` with formulas.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from pipelines.ceph.analyses import geometry
from pipelines.ceph.analyses.geometry import Line, Points


class Formula(ABC):
    """From points, abbreviation → ``(x, y)``, to a number; None where geometry defines none."""

    @abstractmethod
    def __call__(self, points: Points) -> float | None:
        """Evaluate it."""

    @abstractmethod
    def as_data(self) -> dict[str, Any]:
        """Write it out; JSON types only."""

    def __add__(self, other: "Formula") -> "Formula":
        return _Sum(self, other)

    def __neg__(self) -> "Formula":
        return _Negative(self)

    def __sub__(self, other: "Formula") -> "Formula":
        return _Sum(self, _Negative(other))


def turn(first: str, second: str) -> Formula:
    """The signed angle from one line to another.

    Args:
        first: A line by its ends, such as ``S→N``.
        second: Likewise.
    """
    return _OfLines("turn", (_ends(first), _ends(second)))


def between(first: str, second: str) -> Formula:
    """The angle between two lines, 0…180°."""
    return _OfLines("between", (_ends(first), _ends(second)))


def corner(first: str, vertex: str, second: str) -> Formula:
    """The angle at ``vertex`` between two other landmarks, 0…180°."""
    return _OfLines("between", ((vertex, first), (vertex, second)))


def interior(first: str, vertex: str, second: str) -> Formula:
    """The angle at ``vertex`` clockwise from ``first`` to ``second``, 0…360°."""
    return _OfLines("interior", ((vertex, first), (vertex, second)))


def length(line: str) -> Formula:
    """The length of a line in the unit of the points."""
    return _OfLines("length", (_ends(line),))


def forward_length(line: str) -> Formula:
    """The length of a line, negative where it leads backwards on the film, to the left."""
    return _OfLines("forwardLength", (_ends(line),))


def ratio(first: str, second: str) -> Formula:
    """The length of one line over that of another."""
    return _OfLines("ratio", (_ends(first), _ends(second)))


def along(direction: str, line: str) -> Formula:
    """How far a line leads along the direction of another, in the unit of the points."""
    return _OfLines("along", (_ends(direction), _ends(line)))


def rounded(formula: Formula, decimals: int) -> Formula:
    """A formula's value as it is reported, half to even."""
    return _Rounded(formula, decimals)


@dataclass(frozen=True)
class _OfLines(Formula):
    operation: str
    lines: tuple[tuple[str, str], ...]

    def __call__(self, points: Points) -> float | None:
        drawn = [(points[start], points[end]) for start, end in self.lines]
        return _OPERATIONS[self.operation](*drawn)

    def as_data(self) -> dict[str, Any]:
        return {"op": self.operation, "lines": [list(line) for line in self.lines]}


@dataclass(frozen=True)
class _Sum(Formula):
    first: Formula
    second: Formula

    def __call__(self, points: Points) -> float | None:
        first, second = self.first(points), self.second(points)
        return None if first is None or second is None else first + second

    def as_data(self) -> dict[str, Any]:
        return {"op": "sum", "of": [self.first.as_data(), self.second.as_data()]}


@dataclass(frozen=True)
class _Negative(Formula):
    formula: Formula

    def __call__(self, points: Points) -> float | None:
        value = self.formula(points)
        return None if value is None else -value

    def as_data(self) -> dict[str, Any]:
        return {"op": "negative", "of": [self.formula.as_data()]}


@dataclass(frozen=True)
class _Rounded(Formula):
    formula: Formula
    decimals: int

    def __call__(self, points: Points) -> float | None:
        value = self.formula(points)
        return None if value is None else round(value, self.decimals)

    def as_data(self) -> dict[str, Any]:
        return {"op": "rounded", "of": [self.formula.as_data()], "decimals": self.decimals}


def _ends(line: str) -> tuple[str, str]:
    start, end = line.split("→")
    return start, end


def _interior(first: Line, second: Line) -> float | None:
    return geometry.interior(first[1], first[0], second[1])


def _length(line: Line) -> float | None:
    return geometry.distance(*line)


def _forward_length(line: Line) -> float | None:
    gap = geometry.distance(*line)
    return gap if gap is None or line[1][0] >= line[0][0] else -gap


_OPERATIONS: Mapping[str, Callable[..., float | None]] = {
    "turn": geometry.turn,
    "between": geometry.between,
    "interior": _interior,
    "length": _length,
    "forwardLength": _forward_length,
    "ratio": geometry.ratio,
    "along": geometry.along,
}
