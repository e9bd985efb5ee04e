"""DICOM films as they are meant to be seen, and their scale."""

import io
import logging

import numpy as np
import pytest
from pydicom import Dataset
from pydicom.dataset import FileMetaDataset
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    DigitalXRayImageStorageForPresentation,
    ExplicitVRLittleEndian,
    RLELossless,
    generate_uid,
)

from pipelines.decoding.formats import decode
from pipelines.errors import FilmUnreadable
from pipelines.film import read_film

ROWS, COLUMNS = 80, 100
STORED = np.tile(np.linspace(0, 4095, COLUMNS), (ROWS, 1)).astype(np.uint16)


def dataset(**elements) -> Dataset:
    one = Dataset()
    one.file_meta = FileMetaDataset()
    one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    one.SOPClassUID = DigitalXRayImageStorageForPresentation
    one.SOPInstanceUID = generate_uid()
    one.PatientName = "ZZPHI^MARKER"
    one.Rows, one.Columns, one.SamplesPerPixel = ROWS, COLUMNS, 1
    one.BitsAllocated, one.BitsStored, one.HighBit, one.PixelRepresentation = 16, 12, 11, 0
    one.PhotometricInterpretation = "MONOCHROME2"
    one.PixelData = STORED.tobytes()
    for name, value in elements.items():
        setattr(one, name, value)
    return one


def written(one: Dataset) -> bytes:
    out = io.BytesIO()
    one.save_as(out, enforce_file_format=True)
    return out.getvalue()


def test_white_stays_white():
    film = read_film(written(dataset()))

    assert (film.height, film.width) == (ROWS, COLUMNS)
    assert np.array_equal(film.pixels, STORED)


@pytest.mark.parametrize(
    "elements",
    [
        {"PhotometricInterpretation": "MONOCHROME1"},
        {"PresentationLUTShape": "INVERSE"},
        {"PhotometricInterpretation": "MONOCHROME1", "PresentationLUTShape": "INVERSE"},
    ],
)
def test_an_inverted_film_is_inverted_once(elements):
    film = read_film(written(dataset(**elements)))

    assert np.array_equal(film.pixels, 4095 - STORED)


def test_modality_lut_comes_before_the_window():
    film = read_film(
        written(dataset(RescaleSlope=2, RescaleIntercept=100, WindowCenter=4196, WindowWidth=2000))
    )
    shown = film.pixels

    # The window's middle is a stored 2048; half of it either way is a stored 500.
    black, white = STORED < 2048 - 520, STORED > 2048 + 520
    assert np.ptp(shown[black]) == np.ptp(shown[white]) == 0
    assert shown[black][0] < shown[0, COLUMNS // 2] < shown[white][0]


def test_padding_becomes_black():
    stored = STORED.copy()
    stored[:5] = 4095
    film = read_film(
        written(
            dataset(
                PixelData=stored.tobytes(),
                PixelPaddingValue=4095,
                PhotometricInterpretation="MONOCHROME1",
            )
        )
    )
    assert film.pixels[:5].max() == film.pixels[5:].min()


def test_a_reduced_film_shows_what_the_whole_one_does():
    stored = np.tile(np.linspace(0, 4000, 900), (1100, 1)).astype(np.uint16)
    stored[100:110] = 4095  # padding; it ends within squares of four
    content = written(
        dataset(
            Rows=1100,
            Columns=900,
            PixelData=stored.tobytes(),
            PixelPaddingValue=4095,
            PhotometricInterpretation="MONOCHROME1",
            RescaleSlope=2,
            RescaleIntercept=10,
        )
    )
    film = read_film(content, enough=(275, 225))
    whole = read_film(content).pixels
    squares = whole.reshape(275, 4, 225, 4).mean(axis=(1, 3))

    assert (film.height, film.width) == (1100, 900)
    assert film.pixels.shape == (275, 225)
    assert np.ptp(film.pixels[25:28]) == 0 == film.pixels[25, 0] - film.pixels.min()
    clear = np.r_[0:25, 28:275]
    # An inverted film is turned round its own extremes, which averaging moves a little.
    offset = film.pixels[clear] - squares[clear]
    assert np.ptp(offset) < 1e-2
    assert np.abs(offset).max() < 20


def test_of_many_frames_the_first_is_read():
    frames = np.stack([STORED, STORED[:, ::-1]])
    film = read_film(written(dataset(NumberOfFrames=2, PixelData=frames.tobytes())))

    assert np.array_equal(film.pixels, STORED)


def test_rle_and_deflate_are_read():
    deflated = dataset()
    deflated.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    packed = dataset()
    packed.compress(RLELossless)

    for one in (deflated, packed):
        assert np.array_equal(read_film(written(one)).pixels, STORED)


@pytest.mark.parametrize(
    ("elements", "spacing_mm"),
    [
        ({}, None),
        ({"PixelSpacing": [0.2, 0.1]}, (0.2, 0.1)),
        ({"PixelSpacing": [0.2, 0.1], "ImagerPixelSpacing": [0.25, 0.25]}, (0.2, 0.1)),
        ({"PixelSpacing": [0.25, 0.25], "ImagerPixelSpacing": [0.25, 0.25]}, None),
        ({"ImagerPixelSpacing": [0.25, 0.25]}, None),
        (
            {
                "ImagerPixelSpacing": [0.22, 0.11],
                "EstimatedRadiographicMagnificationFactor": 1.1,
            },
            (0.2, 0.1),
        ),
        ({"PixelSpacing": [0, 0]}, None),
        ({"PixelSpacing": [900, 900]}, None),
    ],
)
def test_scale_is_taken_only_where_it_is_calibrated(elements, spacing_mm):
    found = read_film(written(dataset(**elements))).spacing_mm

    assert found == (spacing_mm and pytest.approx(spacing_mm))


@pytest.mark.parametrize(
    "elements",
    [
        {"PixelData": STORED.tobytes()[:-200]},
        {"PixelData": STORED.tobytes() * 2},
        {"NumberOfFrames": 2},
        {"Rows": 0},
        {"Rows": 60_000, "Columns": 60_000},
        {"SamplesPerPixel": 2},
        {"PhotometricInterpretation": "PALETTE COLOR"},
    ],
)
def test_pixels_other_than_the_header_says_are_refused(elements, caplog):
    with caplog.at_level(logging.DEBUG), pytest.raises(FilmUnreadable) as caught:
        decode(written(dataset(**elements)))

    assert "ZZPHI" not in str(caught.value) + caplog.text


def test_a_file_without_pixels_or_cut_short_is_refused():
    without = dataset()
    del without.PixelData
    for content in (written(without), written(dataset())[:-100], written(dataset())[:200]):
        with pytest.raises(FilmUnreadable):
            read_film(content)
