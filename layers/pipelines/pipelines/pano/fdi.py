"""FDI two-digit numbers of the permanent teeth (ISO 3950) and where they stand on a film.

A film shows the patient from the front: the patient's right is on the image's left. Each jaw is a
row of sixteen *columns*, counted from 0 at the image's left (third molar of the patient's right)
to 15 at its right.
"""

UPPER, LOWER = 0, 1
COLUMNS = 16
SUPERNUMERARY = 91

_ROWS = (
    (18, 17, 16, 15, 14, 13, 12, 11, 21, 22, 23, 24, 25, 26, 27, 28),
    (48, 47, 46, 45, 44, 43, 42, 41, 31, 32, 33, 34, 35, 36, 37, 38),
)
NUMBERS: tuple[int, ...] = _ROWS[UPPER] + _ROWS[LOWER]
"""All 32 numbers, upper jaw first, each jaw from the image's left to its right."""

_TYPES = (
    "central incisor", "lateral incisor", "canine", "first premolar", "second premolar",
    "first molar", "second molar", "third molar",
)  # fmt: skip
_QUADRANTS = {1: "upper right", 2: "upper left", 3: "lower left", 4: "lower right"}
_SLOTS = {fdi: (jaw, column) for jaw, row in enumerate(_ROWS) for column, fdi in enumerate(row)}


def slot(fdi: int) -> tuple[int, int]:
    """Jaw (0 upper, 1 lower) and column (0…15) of a tooth.

    Raises:
        KeyError: It is not the number of a permanent tooth.
    """
    return _SLOTS[fdi]


def number(jaw: int, column: int) -> int:
    """FDI number of the tooth in a jaw's column."""
    return _ROWS[jaw][column]


def is_permanent(fdi: int) -> bool:
    """Whether a number is one of the 32; primary and supernumerary teeth have others."""
    return fdi in _SLOTS


def mirrored(fdi: int) -> int:
    """Number of the same tooth on the other side, which a film shows when it is flipped."""
    jaw, column = slot(fdi)
    return number(jaw, COLUMNS - 1 - column)


def tooth_type(fdi: int) -> str:
    """Type of a permanent tooth, such as ``first molar``."""
    return _TYPES[fdi % 10 - 1]


def name(fdi: int) -> str:
    """A tooth in words, such as ``upper right first molar``; sides are the patient's."""
    return f"{_QUADRANTS[fdi // 10]} {tooth_type(fdi)}"
