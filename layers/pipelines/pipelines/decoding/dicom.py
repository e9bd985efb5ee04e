"""Reading the pixels and the scale of a DICOM film (PS3.3 C.7.6, C.8.11, C.11)."""

import io
import logging
import zlib

import numpy as np
import numpy.typing as npt
import pydicom
from PIL import Image
from pydicom.dataset import Dataset
from pydicom.encaps import get_frame
from pydicom.pixels.processing import apply_modality_lut, apply_voi_lut
from pydicom.pixels.utils import pixel_array
from pydicom.uid import JPEG2000TransferSyntaxes, JPEGTransferSyntaxes

from pipelines.decoding.scaled import reduced, reduction
from pipelines.errors import FilmUnreadable
from pipelines.film import Film, check_size

_MAX_INFLATED = 128 * 2**20
_DEFLATED_STEP = 2**16
_MAX_FRAMES = 10_000
_DEFLATED = b"1.2.840.10008.1.2.1.99"


def read_dicom(content: bytes, enough: tuple[int, int] | None = None) -> Film:
    """Read the first frame as it is meant to be seen.

    Stored values go through the modality LUT, the VOI LUT or window, and the presentation, in this
    order; padding becomes black. The spacing is that in the plane of the patient, if it is known.

    Args:
        content: A DICOM file.
        enough: Rows and columns that suffice.

    Raises:
        FilmUnreadable: It has no pixels, or not as many as it says, or in an unknown form.
    """
    # Its messages quote values of the header, which may identify a patient.
    logging.getLogger("pydicom").setLevel(logging.CRITICAL + 1)
    _check_inflated_size(content)
    dataset = pydicom.dcmread(io.BytesIO(content))
    if "PixelData" not in dataset:
        raise FilmUnreadable("the DICOM file has no pixels")
    _check_pixels(dataset)
    stored = pixel_array(dataset, index=0)
    del dataset.PixelData  # as large as the frame, and not needed any more
    height, width = stored.shape[:2]
    pixels = _presented(dataset, stored, reduction((height, width), enough))
    return Film(pixels, width, height, _spacing_mm(dataset))


def _check_inflated_size(content: bytes) -> None:
    """A deflated file may inflate a thousandfold; pydicom would do so whole."""
    # The first element, group length, says where the file's meta information ends.
    end = 144 + int.from_bytes(content[140:144], "little")
    if _DEFLATED not in content[144:end]:
        return
    inflater, total = zlib.decompressobj(-zlib.MAX_WBITS), 0
    for start in range(end, len(content), _DEFLATED_STEP):  # a step inflates to 64 MB at most
        total += len(inflater.decompress(content[start : start + _DEFLATED_STEP]))
        if total > _MAX_INFLATED:
            raise FilmUnreadable("the DICOM file inflates to more than is allowed")
        if inflater.eof:
            return


def _check_pixels(dataset: Dataset) -> None:
    rows, columns = int(dataset.Rows), int(dataset.Columns)
    check_size(columns, rows)
    samples = int(dataset.SamplesPerPixel)
    frames = int(dataset.get("NumberOfFrames") or 1)
    if samples not in (1, 3) or not 1 <= frames <= _MAX_FRAMES:
        raise FilmUnreadable("the DICOM file's layout of pixels is not supported")
    syntax = dataset.file_meta.TransferSyntaxUID
    if not syntax.is_compressed or syntax.is_deflated:
        bits = rows * columns * samples * frames * int(dataset.BitsAllocated)
        expected = (bits + 7) // 8
        # An odd length is padded with one byte.
        if len(dataset.PixelData) not in (expected, expected + expected % 2):
            raise FilmUnreadable("the DICOM file's pixels are not as many as its header says")
    elif syntax in (*JPEGTransferSyntaxes, *JPEG2000TransferSyntaxes):
        frame = get_frame(dataset.PixelData, 0, number_of_frames=frames)
        with Image.open(io.BytesIO(frame), formats=["JPEG", "JPEG2000"]) as image:
            if image.size != (columns, rows):
                raise FilmUnreadable("the DICOM file's pixels are not as many as its header says")


def _presented(
    dataset: Dataset, stored: npt.NDArray[np.generic], factor: int
) -> npt.NDArray[np.generic]:
    if stored.ndim == 3:
        if dataset.PhotometricInterpretation not in ("RGB", "YBR_FULL", "YBR_FULL_422"):
            raise FilmUnreadable("the DICOM file's kind of colour is not supported")
        return reduced(stored, factor, lambda strip: strip.mean(axis=2, dtype=np.float32))
    if dataset.PhotometricInterpretation not in ("MONOCHROME1", "MONOCHROME2"):
        raise FilmUnreadable("the DICOM file's kind of colour is not supported")
    padding = dataset.get("PixelPaddingValue")

    def shown(strip: npt.NDArray[np.generic]) -> npt.NDArray[np.float32]:
        values = apply_voi_lut(apply_modality_lut(strip, dataset), dataset, index=0)
        pixels = np.array(values, dtype=np.float32)
        if padding is not None:
            pixels[strip == padding] = np.nan  # no value of the film: it takes part in nothing
        return pixels

    pixels = reduced(stored, factor, shown)
    low, high = np.fmin.reduce(pixels, axis=None), np.fmax.reduce(pixels, axis=None)
    inverse = dataset.get("PresentationLUTShape") == "INVERSE"
    if dataset.PhotometricInterpretation == "MONOCHROME1" or inverse:
        np.subtract(high + low, pixels, out=pixels)
    pixels[np.isnan(pixels)] = np.nan_to_num(low)
    return pixels


def _spacing_mm(dataset: Dataset) -> tuple[float, float] | None:
    """The calibrated distance of pixels, rows first (PS3.3 10.7.1.3).

    Pixel Spacing is calibrated where it differs from Imager Pixel Spacing, which is measured at
    the detector and must be divided by the magnification.
    """
    spacing = _pair(dataset.get("PixelSpacing"))
    imager = _pair(dataset.get("ImagerPixelSpacing"))
    if spacing is not None and spacing != imager:
        return spacing
    magnification = float(dataset.get("EstimatedRadiographicMagnificationFactor") or 0)
    if imager is None or not 0.5 < magnification < 10:
        return None
    return imager[0] / magnification, imager[1] / magnification


def _pair(value: object) -> tuple[float, float] | None:
    try:
        rows, columns = (float(part) for part in value)  # type: ignore[attr-defined]
    except (TypeError, ValueError):
        return None
    return (rows, columns) if 0.005 < min(rows, columns) <= max(rows, columns) < 5 else None
