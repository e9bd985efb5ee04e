"""Every format ends in the same grey film, and nothing else than a film is read."""

import io
import struct
import warnings
import zlib

import numpy as np
import pytest
from PIL import Image

from pipelines.decoding.formats import decode
from pipelines.errors import FilmUnreadable
from pipelines.film import MAX_PIXELS, MIN_SIDE_PX, read_film

ROWS, COLUMNS = 96, 128
RAMP = np.tile(np.linspace(0, 255, COLUMNS), (ROWS, 1)).astype(np.uint8)


def encoded(image: Image.Image, kind: str, **options) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


@pytest.mark.parametrize(
    ("content", "tolerance"),
    [
        (encoded(Image.fromarray(RAMP), "PNG"), 0),
        (encoded(Image.fromarray(RAMP), "BMP"), 0),
        (encoded(Image.fromarray(RAMP), "JPEG", quality=95), 4),
        (encoded(Image.fromarray(RAMP), "JPEG", progressive=True, quality=95), 4),
        (encoded(Image.fromarray(RAMP).convert("RGB"), "PNG"), 1),
        (encoded(Image.fromarray(RAMP).convert("RGBA"), "PNG"), 1),
        (encoded(Image.fromarray(RAMP).convert("P"), "PNG"), 1),
        (encoded(Image.fromarray(RAMP).convert("RGB").convert("CMYK"), "JPEG", quality=95), 6),
    ],
    ids=["png", "bmp", "jpeg", "progressive", "rgb", "rgba", "palette", "cmyk"],
)
def test_every_format_gives_the_same_grey(content, tolerance):
    film = read_film(content)

    assert (film.height, film.width) == film.pixels.shape == (ROWS, COLUMNS)
    assert np.abs(film.pixels.astype(int) - RAMP).max() <= tolerance
    assert film.spacing_mm is None


def test_sixteen_bits_are_kept():
    deep = RAMP.astype(np.uint16) * 200 + 7
    film = read_film(encoded(Image.fromarray(deep), "PNG"))

    assert np.array_equal(film.pixels, deep)


def test_what_is_transparent_is_black():
    alpha = np.full((ROWS, COLUMNS), 255, np.uint8)
    alpha[:10] = 0
    film = read_film(encoded(Image.fromarray(np.stack([RAMP] * 3 + [alpha], axis=2)), "PNG"))

    assert film.pixels[:10].max() == 0
    assert np.array_equal(film.pixels[10:], RAMP[10:])


def test_a_film_is_turned_as_its_exif_says():
    exif = Image.Exif()
    exif[0x0112] = 6  # turn by 90° clockwise to view
    film = read_film(encoded(Image.fromarray(RAMP), "JPEG", exif=exif, quality=95))

    assert (film.height, film.width) == film.pixels.shape == (COLUMNS, ROWS)
    assert film.pixels[0].mean() < 10
    assert film.pixels[-1].mean() > 245


def test_a_large_jpeg_is_decoded_no_larger_than_enough():
    large = Image.fromarray(RAMP).resize((1340, 1671))
    film = read_film(encoded(large, "JPEG"), enough=(768, 640))

    assert (film.height, film.width) == (1671, 1340)
    assert film.pixels.shape == (836, 670)


@pytest.mark.parametrize("kind", ["PNG", "BMP"])
@pytest.mark.parametrize("deep", [False, True])
def test_a_large_film_of_another_format_is_reduced_as_a_jpeg_is(kind, deep):
    large = np.asarray(Image.fromarray(RAMP).resize((1341, 1671)))
    if deep and kind == "PNG":
        large = large.astype(np.uint16) * 257
    whole = read_film(encoded(Image.fromarray(large), kind))
    film = read_film(encoded(Image.fromarray(large), kind), enough=(400, 300))

    assert (film.height, film.width) == (1671, 1341)
    assert film.pixels.shape == (418, 336)
    squares = whole.pixels[:1668, :1340].reshape(417, 4, 335, 4).mean(axis=(1, 3))
    assert np.abs(film.pixels[:417, :335] - squares).max() <= (
        1 if film.pixels.dtype == "u1" else 1e-2
    )


def test_a_large_film_turned_by_its_exif_is_reduced_as_it_is_seen():
    exif = Image.Exif()
    exif[0x0112] = 6
    large = Image.fromarray(RAMP).resize((1600, 900))
    film = read_film(encoded(large, "PNG", exif=exif), enough=(800, 450))

    assert (film.height, film.width) == (1600, 900)
    assert film.pixels.shape == (800, 450)
    assert film.pixels[0].mean() < 10
    assert film.pixels[-1].mean() > 245


def png_claiming(width: int, height: int) -> bytes:
    content = bytearray(encoded(Image.fromarray(RAMP), "PNG"))
    content[16:24] = struct.pack(">II", width, height)
    content[29:33] = struct.pack(">I", zlib.crc32(content[12:29]))
    return bytes(content)


def bmp_claiming(width: int, height: int) -> bytes:
    content = bytearray(encoded(Image.fromarray(RAMP), "BMP"))
    content[18:26] = struct.pack("<ii", width, height)
    return bytes(content)


@pytest.mark.parametrize("claiming", [png_claiming, bmp_claiming])
def test_a_bomb_is_refused_by_its_header(claiming):
    side = int(MAX_PIXELS**0.5) + 1
    with pytest.raises(FilmUnreadable, match="million pixels"):
        read_film(claiming(side, side))


def test_a_film_too_small_is_refused():
    tiny = Image.fromarray(RAMP).crop((0, 0, MIN_SIDE_PX - 1, ROWS))
    with pytest.raises(FilmUnreadable, match="smaller"):
        read_film(encoded(tiny, "PNG"))


@pytest.mark.parametrize("kind", ["PNG", "JPEG", "BMP"])
def test_a_truncated_film_is_unreadable(kind):
    noise = np.random.default_rng(1).integers(0, 255, (ROWS, COLUMNS), np.uint8)
    content = encoded(Image.fromarray(noise), kind)
    with pytest.raises(FilmUnreadable):
        read_film(content[: len(content) // 2])


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"%PDF-1.7",
        b"<svg xmlns='http://www.w3.org/2000/svg'/>",
        encoded(Image.fromarray(RAMP), "GIF"),
        encoded(Image.fromarray(RAMP), "TIFF"),
        encoded(Image.fromarray(RAMP), "WEBP"),
    ],
    ids=["empty", "pdf", "svg", "gif", "tiff", "webp"],
)
def test_other_kinds_of_file_are_refused(content):
    with pytest.raises(FilmUnreadable, match="none of JPEG, PNG, BMP and DICOM"):
        read_film(content)


@pytest.mark.parametrize(
    "foreign", [MemoryError, RecursionError, SyntaxError, struct.error, KeyError, OSError]
)
def test_whatever_a_decoder_raises_is_one_error_without_its_words(monkeypatch, foreign):
    content = encoded(Image.fromarray(RAMP), "PNG")

    def fail(*_args, **_options):
        warnings.warn("ZZPHI^MARKER", stacklevel=1)
        raise foreign("ZZPHI^MARKER")

    monkeypatch.setattr(Image, "open", fail)
    with pytest.raises(FilmUnreadable) as caught:
        decode(content)

    assert "ZZPHI" not in str(caught.value)
    assert caught.value.__suppress_context__
