"""Reading a submitted file into grey pixels, whatever it is, without harm.

The type is judged by content. Size is checked from the header before anything is decoded, and
whatever a decoder raises ends in one :class:`~pipelines.errors.FilmUnreadable` whose message names
no content of the file. Nothing is logged: headers may identify a patient.

Coordinates of a report refer to the picture as viewers show it: to the stored grid of pixels,
turned as the file's EXIF orientation says where it says so.
"""

import io
import warnings
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from PIL import Image, ImageOps

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


def read_film(content: bytes, enough: tuple[int, int] | None = None) -> Film:
    """Read a film.

    Args:
        content: A JPEG, PNG, BMP or DICOM file.
        enough: Rows and columns that suffice; a JPEG much larger is decoded at a fraction of its
            size, which is faster by as much.

    Raises:
        FilmUnreadable: It is none of these, or cannot be decoded, or is too large or too small.
    """
    reader = _reader(content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # decoders quote headers in their warnings
            return reader(content, enough)
    except FilmUnreadable:
        raise
    except Exception:  # noqa: BLE001  # from struct.error to SyntaxError: decoders raise anything
        # Not chained: the decoder's own words may quote the header.
        raise FilmUnreadable("the image is truncated or corrupt") from None


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


_Reader = Callable[[bytes, tuple[int, int] | None], Film]


def _reader(content: bytes) -> _Reader:
    for magic, name in ((b"\xff\xd8\xff", "JPEG"), (b"\x89PNG\r\n\x1a\n", "PNG"), (b"BM", "BMP")):
        if content.startswith(magic):
            return lambda data, enough: _read_raster(data, enough, name)
    if content[128:132] == b"DICM":
        return lambda data, _: _read_dicom(data)
    raise FilmUnreadable("the file is none of JPEG, PNG, BMP and DICOM")


def _read_dicom(content: bytes) -> Film:
    from pipelines.dicom import read_dicom  # pydicom is slow to import and most films are JPEG

    pixels, spacing_mm = read_dicom(content)
    return Film(pixels, pixels.shape[1], pixels.shape[0], spacing_mm)


def _read_raster(content: bytes, enough: tuple[int, int] | None, kind: str) -> Film:
    with Image.open(io.BytesIO(content), formats=[kind]) as image:
        check_size(image.width, image.height)
        width, height = image.width, image.height
        if kind == "JPEG" and enough is not None:
            image.draft("L", (enough[1], enough[0]))
        upright = ImageOps.exif_transpose(image)
        if (upright.width > upright.height) != (image.width > image.height):
            width, height = height, width
        return Film(_grey(upright), width, height)


def _grey(image: Image.Image) -> npt.NDArray[np.generic]:
    if image.mode.startswith(("I", "F")):
        return np.asarray(image)  # 16 and 32 bit: Pillow would clip them to 8
    if image.has_transparency_data:
        layered = image.convert("RGBA")
        black = Image.new("RGBA", layered.size, (0, 0, 0, 255))
        image = Image.alpha_composite(black, layered)
    return np.asarray(image.convert("L"))
