"""The formats that films come in: JPEG, PNG, BMP and DICOM, told apart by content.

What is called here may hang, crash or eat memory; see :mod:`pipelines.decoding.sandbox`.
"""

import io
import warnings
from collections.abc import Callable

import numpy as np
from PIL import Image, ImageChops, ImageOps

from pipelines.decoding.dicom import read_dicom
from pipelines.decoding.scaled import reduced, reduction
from pipelines.errors import FilmUnreadable
from pipelines.film import Film, check_size

_Enough = tuple[int, int] | None


def decode(content: bytes, enough: _Enough = None) -> Film:
    """Decode a film in this process; see :func:`pipelines.film.read_film`.

    Raises:
        FilmUnreadable: Whatever a decoder raised.
    """
    reader = _reader(content)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # decoders quote headers in their warnings
            return reader(content, enough)
    except FilmUnreadable:
        raise
    except MemoryError:
        raise FilmUnreadable("the image takes too much memory to decode") from None
    except Exception:  # noqa: BLE001  # from struct.error to SyntaxError: decoders raise anything
        # Not chained: the decoder's own words may quote the header.
        raise FilmUnreadable("the image is truncated or corrupt") from None


def _reader(content: bytes) -> Callable[[bytes, _Enough], Film]:
    for magic, name in ((b"\xff\xd8\xff", "JPEG"), (b"\x89PNG\r\n\x1a\n", "PNG"), (b"BM", "BMP")):
        if content.startswith(magic):
            return lambda data, enough: _read_raster(data, enough, name)
    if content[128:132] == b"DICM":
        return read_dicom
    raise FilmUnreadable("the file is none of JPEG, PNG, BMP and DICOM")


def _read_raster(content: bytes, enough: _Enough, kind: str) -> Film:
    with Image.open(io.BytesIO(content), formats=[kind]) as image:
        check_size(image.width, image.height)
        sides = image.width, image.height
        if kind == "JPEG" and enough is not None:
            image.draft("L", (enough[1], enough[0]))
        grey = _grey(image)
        lying = grey.width > grey.height
        ImageOps.exif_transpose(grey, in_place=True)  # turned when grey: less memory
        turned = lying != (grey.width > grey.height)
    width, height = reversed(sides) if turned else sides
    pixels = np.asarray(grey)
    return Film(reduced(pixels, reduction(pixels.shape, enough)), width, height)


def _grey(image: Image.Image) -> Image.Image:
    # 16 and 32 bit: Pillow would clip them to 8. What is grey already, it would copy.
    if image.mode.startswith(("I", "F")) or (image.mode == "L" and not image.has_transparency_data):
        image.load()
        return image
    if image.has_transparency_data:
        layered = image if "A" in image.getbands() else image.convert("RGBA")
        return ImageChops.multiply(layered.convert("L"), layered.getchannel("A"))
    return image.convert("L")
