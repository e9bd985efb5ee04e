"""The overlay as a file that goes to the client."""

import io

import numpy as np
import pytest
from PIL import Image

from pipelines.base import Report
from pipelines.ceph.pipeline import CephPipeline
from pipelines.ceph.synthetic import draw
from pipelines.film import Film, read_film
from pipelines.overlay.artefact import overlay_of
from pipelines.overlay.panel import WIDTH
from pipelines.overlay.picture import ENOUGH
from tests.template import ROOT

LANDMARK = {"name": "Sella", "abbreviation": "S", "x": 500, "y": 600, "confidence": 0.95}


def png(pixels) -> bytes:
    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG")
    return out.getvalue()


def drawn(film: Film, **data) -> Image.Image:
    artefact = overlay_of(film, {"landmarks": [LANDMARK]} | data)["overlay"]
    assert artefact.media_type == "image/jpeg"
    return Image.open(io.BytesIO(artefact.content))


@pytest.fixture(scope="module")
def report() -> Report:
    pipeline = CephPipeline()
    pipeline.setup(ROOT / "functions" / "infer" / "models")
    return pipeline.run(draw(3, (1000, 1248)).jpeg(), {})


def test_a_reading_comes_with_its_overlay(report) -> None:
    picture = Image.open(io.BytesIO(report.artefacts["overlay"].content))
    assert (picture.format, picture.height) == ("JPEG", 1248)
    assert picture.width >= 1000 + WIDTH
    pixels = np.asarray(picture.convert("RGB"), dtype=int)
    sella = report.data["landmarks"][0]
    red, green, _ = pixels[round(sella["y"]), round(sella["x"])]
    assert abs(red - green) > 30  # the colour of its confidence, on a grey film


def test_however_large_the_film_its_overlay_is_bounded() -> None:
    content = png(np.full((6000, 7000), 90, np.uint8))
    picture = drawn(read_film(content))
    assert max(picture.size) <= 2000 + WIDTH
    assert len(overlay_of(read_film(content), {})["overlay"].content) < 1_000_000


def test_a_film_is_decoded_as_finely_as_it_is_shown() -> None:
    stripes = np.tile(np.repeat(np.array([60, 190], np.uint8), 2), (2000, 450))
    out = io.BytesIO()
    Image.fromarray(stripes).save(out, "JPEG", quality=95)
    film = read_film(out.getvalue(), ENOUGH)
    assert film.reduced((200, 200)).pixels.shape[0] < film.height  # where the stripes are gone
    part = np.asarray(drawn(film).convert("L"), dtype=int)[900:1100, 900:1100]
    assert part.std() > 40


def test_what_cannot_be_drawn_costs_nobody_the_reading(caplog) -> None:
    content = png(np.full((600, 700), 90, np.uint8))
    assert overlay_of(read_film(content), {"landmarks": [{"x": "Doe"}]}) == {}
    assert "no overlay: KeyError" in caplog.text
    assert "Doe" not in caplog.text
