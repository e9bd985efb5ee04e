"""Films that were good once: whatever was changed, they are read or refused, and nobody dies."""

import functools
import io
import zlib
from collections.abc import Callable, Iterator

import numpy as np
import pytest
from hypothesis import event, given
from hypothesis import strategies as st
from PIL import Image
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000, DeflatedExplicitVRLittleEndian, JPEGBaseline8Bit, RLELossless

from pipelines.decoding.child import MEMORY_BYTES
from pipelines.decoding.sandbox import Sandbox
from pipelines.errors import FilmUnreadable, TookTooLong
from pipelines.film import MAX_PIXELS, MIN_SIDE_PX
from tests.fuzz.effort import fuzzed
from tests.unit.pipelines.test_dicom import dataset, written

ROWS, COLUMNS = 72, 100
RAMP = np.add.outer(np.arange(ROWS), np.arange(COLUMNS)).astype(np.uint8)


def _raster(kind: str, mode: str = "L", **options: object) -> bytes:
    out = io.BytesIO()
    Image.fromarray(RAMP).convert(mode).save(out, kind, **options)
    return out.getvalue()


def _exif() -> Image.Exif:
    exif = Image.Exif()
    exif[0x0112] = 6
    exif[0x010E] = "ZZPHI^MARKER"
    return exif


def _dicom(**elements: object) -> bytes:
    deep = RAMP.astype(np.uint16) * 16
    return written(dataset(Rows=ROWS, Columns=COLUMNS, PixelData=deep.tobytes(), **elements))


def _encapsulated(syntax: str, kind: str) -> bytes:
    one = dataset(Rows=ROWS, Columns=COLUMNS, BitsAllocated=8, BitsStored=8, HighBit=7)
    one.PixelData = encapsulate([_raster(kind)])
    one.file_meta.TransferSyntaxUID = syntax
    return written(one)


def _deflated() -> bytes:
    one = dataset(Rows=ROWS, Columns=COLUMNS, PixelData=(RAMP.astype(np.uint16)).tobytes())
    one.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    return written(one)


def _rle() -> bytes:
    one = dataset(Rows=ROWS, Columns=COLUMNS, PixelData=(RAMP.astype(np.uint16)).tobytes())
    one.compress(RLELossless)
    return written(one)


GOOD: dict[str, Callable[[], bytes]] = {
    "jpeg": lambda: _raster("JPEG", exif=_exif()),
    "progressive": lambda: _raster("JPEG", "RGB", progressive=True),
    "cmyk": lambda: _raster("JPEG", "CMYK"),
    "png": lambda: _raster("PNG", exif=_exif()),
    "palette": lambda: _raster("PNG", "P", transparency=3),
    "rgba": lambda: _raster("PNG", "RGBA"),
    "16 bit": lambda: _raster("PNG", "I;16"),
    "bmp": lambda: _raster("BMP"),
    "bmp rgb": lambda: _raster("BMP", "RGB"),
    "dicom": _dicom,
    "window": lambda: _dicom(WindowCenter=900, WindowWidth=700, RescaleSlope=2, RescaleIntercept=1),
    "inverted": lambda: _dicom(PhotometricInterpretation="MONOCHROME1", PixelPaddingValue=0),
    "dicom jpeg": lambda: _encapsulated(JPEGBaseline8Bit, "JPEG"),
    "dicom jpeg 2000": lambda: _encapsulated(JPEG2000, "JPEG2000"),
    "deflated": _deflated,
    "rle": _rle,
}


@functools.cache
def _good(name: str) -> bytes:
    return GOOD[name]()


@st.composite
def _changed(draw: st.DrawFn) -> bytes:
    """A good film with a few changes, most of them where headers are."""
    name = draw(st.sampled_from(sorted(GOOD)))
    event(name)
    content = bytearray(_good(name))
    first = 132 if content[128:132] == b"DICM" else 8  # what tells formats apart stays
    for _ in range(draw(st.integers(1, 4))):
        last = min(len(content), first + 400) if draw(st.booleans()) else len(content)
        at = draw(st.integers(first, max(first, last - 1)))
        length = draw(st.sampled_from((1, 2, 4, 8, 64)))
        match draw(st.sampled_from(("flip", "value", "cut", "insert", "repeat", "end"))):
            case "flip" if at < len(content):
                content[at] ^= 1 << draw(st.integers(0, 7))
            case "value":  # of the kind that sizes and offsets do not like
                value = draw(st.sampled_from((0, 1, 0x7F, 0x80, 0xFF)))
                content[at : at + length] = bytes([value]) * min(length, 8)
            case "cut":
                del content[at : at + length]
            case "insert":
                content[at:at] = draw(st.binary(max_size=16))
            case "repeat":
                content[at:at] = content[at : at + length] * draw(st.integers(1, 50))
            case "end":
                del content[at:]
    return _with_checksums(bytes(content)) if draw(st.booleans()) else bytes(content)


def _with_checksums(content: bytes) -> bytes:
    """Put a PNG's checksums right again, or its decoder would look no further."""
    signature, at = b"\x89PNG\r\n\x1a\n", 8
    if not content.startswith(signature):
        return content
    fixed = bytearray(content)
    while at + 12 <= len(fixed):
        end = at + 8 + int.from_bytes(fixed[at : at + 4])
        if end + 4 > len(fixed):
            break
        fixed[end : end + 4] = zlib.crc32(fixed[at + 4 : end]).to_bytes(4)
        at = end + 4
    return bytes(fixed)


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as one:
        yield one


@pytest.mark.parametrize("name", sorted(GOOD))
def test_the_films_are_good_before_they_are_changed(sandbox: Sandbox, name: str) -> None:
    assert sandbox.decode(_good(name)).pixels.size == ROWS * COLUMNS


@fuzzed(200)
@given(content=_changed(), enough=st.sampled_from((None, (16, 16), (40, 50))))
def test_a_changed_film_is_read_or_refused(
    sandbox: Sandbox, content: bytes, enough: tuple[int, int] | None
) -> None:
    _outcome(sandbox, content, enough)


@fuzzed(60)
@given(
    head=st.sampled_from((b"\xff\xd8\xff", b"\x89PNG\r\n\x1a\n", b"BM", bytes(128) + b"DICM", b"")),
    rest=st.binary(max_size=400),
)
def test_bytes_that_were_never_a_film_are_refused(
    sandbox: Sandbox, head: bytes, rest: bytes
) -> None:
    _outcome(sandbox, head + rest, None)


def _outcome(sandbox: Sandbox, content: bytes, enough: tuple[int, int] | None) -> None:
    before = sandbox._forker
    film, error = None, None
    try:
        film = sandbox.decode(content, enough)
    except (FilmUnreadable, TookTooLong) as refused:
        error = str(refused)
    event(error or "read")
    if film:
        assert min(film.width, film.height) >= MIN_SIDE_PX
        assert film.width * film.height <= MAX_PIXELS
        assert film.pixels.ndim == 2
    assert "ZZPHI" not in (error or "")
    assert before in (None, sandbox._forker), "what decodes films was lost"
    assert sandbox.last_cost.peak_bytes < MEMORY_BYTES + 100 * 2**20
