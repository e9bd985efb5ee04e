"""Reading a submitted file into grey pixels, whatever it is, without harm.

The type is judged by content. Size is checked from the header before anything is decoded, and the
decoding is done in a process of its own under limits, since a decoder that hangs or eats memory
cannot be interrupted in this one. Whatever it does ends in one
:class:`~pipelines.errors.FilmUnreadable` or :class:`~pipelines.errors.TookTooLong` whose message
names no content of the file. Nothing is logged: headers may identify a patient.

Coordinates of a report refer to the picture as viewers show it: to the stored grid of pixels,
turned as the file's EXIF orientation says where it says so.
"""

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from pipelines.decoding.scaled import reduced, reduction
from pipelines.errors import FilmUnreadable

MAX_PIXELS = 50_000_000  # several times the largest detector; keeps a read under 512 MB
MIN_SIDE_PX = 64  # nothing anatomical can be read on less


@dataclass(frozen=True)
class Film:
    """A decoded film.

    Attributes:
        pixels: Grey values ``(rows, columns)``, white is dense; of the whole film, but at a half,
            a quarter or an eighth of its size where the reader asked for no more.
        width: Columns of the submitted image.
        height: Rows of the submitted image.
        spacing_mm: Distance between rows and between columns of the submitted image, in mm, where
            the file gives a calibrated one.
    """

    pixels: npt.NDArray[np.generic]
    width: int
    height: int
    spacing_mm: tuple[float, float] | None = None

    def reduced(self, enough: tuple[int, int]) -> "Film":
        """The same film with fewer pixels, where it has many more than these.

        Args:
            enough: Rows and columns that suffice.
        """
        factor = reduction(self.pixels.shape, enough)
        return replace(self, pixels=reduced(self.pixels, factor))


def read_film(content: bytes, enough: tuple[int, int] | None = None) -> Film:
    """Read a film.

    Args:
        content: A JPEG, PNG, BMP or DICOM file.
        enough: Rows and columns that suffice; a film much larger is decoded at a fraction of its
            size, which is faster and takes less memory by as much.

    Raises:
        FilmUnreadable: It is none of these, or cannot be decoded, or is too large or too small.
        TookTooLong: Decoding it took more time than a film may.
    """
    from pipelines.decoding.sandbox import shared  # which knows this module

    return shared().decode(content, enough)


def start_decoder() -> None:
    """Start what decodes films, without waiting for it: it gets ready while models are loaded."""
    from pipelines.decoding.sandbox import shared

    shared().start()


def check_size(width: int, height: int) -> None:
    """Refuse what is too large or too small, before it is decoded.

    Args:
        width: Columns, as the header has it.
        height: Rows.

    Raises:
        FilmUnreadable: Outside the limits.
    """
    if min(width, height) < MIN_SIDE_PX:
        raise FilmUnreadable(f"the image is smaller than {MIN_SIDE_PX} pixels on a side")
    if width * height > MAX_PIXELS:
        raise FilmUnreadable(f"the image has more than {MAX_PIXELS // 1_000_000} million pixels")
