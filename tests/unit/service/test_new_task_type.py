"""A new task type costs a pipeline and an entry in the registry, and nothing in the service.

The type here is of another kind than the films: an image goes in, and an image comes out.
"""

import io
import json
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec import Struct
from PIL import Image, ImageOps

from pipelines.base import Artefact, Pipeline, Report
from pipelines.errors import FilmUnreadable
from pipelines.registry import TaskType
from service.adapters.reader import PipelineReader
from service.addresses import AddressPolicy
from service.errors import InvalidRequest, UnsupportedImage
from service.infer import Infer
from service.request_bodies import AnalyzeRequest
from service.status import Status
from service.submit import Submit
from service.task import Failure
from tests.builders import (
    CALLBACK_URL,
    JPEG,
    PLACES,
    a_source,
    an_infer,
    memory_queues,
    read_one,
)
from tests.fakes import FakeClock, MemoryFilmStore, MemoryTaskStore

# ---- the whole cost of a new type -----------------------------------------------------------


class NegativeOptions(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    keep_size: bool = True


class NegativePipeline(Pipeline):
    """Makes a negative of a picture."""

    def setup(self, models: Path) -> None:
        self.ready = True

    def run(self, film: bytes, options) -> Report:
        try:
            image = ImageOps.invert(Image.open(io.BytesIO(film), formats=["PNG"]).convert("L"))
        except OSError:
            raise FilmUnreadable("no picture") from None
        out = io.BytesIO()
        image.save(out, "PNG")
        return Report(
            data={"width": image.width, "height": image.height},
            artefacts={"negative": Artefact(out.getvalue(), "image/png")},
        )


TYPES = {
    "negative": TaskType(
        name="negative",
        pipeline=f"{__name__}:NegativePipeline",
        media=frozenset({"image/png"}),
        options=f"{__name__}:NegativeOptions",
    )
}

# ---------------------------------------------------------------------------------------------


@pytest.fixture
def parts():
    return {
        "tasks": MemoryTaskStore(),
        "films": MemoryFilmStore(),
        "clock": FakeClock(),
    }


@pytest.fixture
def submit(parts) -> Submit:
    return Submit(
        **parts,
        queues=memory_queues(),
        task_types=TYPES,
        addresses=AddressPolicy(),
        task_ttl=timedelta(days=1),
        unsent_grace=timedelta(minutes=1),
        queue_patience=timedelta(hours=1),
    )


@pytest.fixture
def infer(parts, tmp_path: Path) -> Infer:
    source = a_source(parts["films"], TYPES)
    return an_infer(**parts, source=source, reader=PipelineReader(TYPES, lambda: tmp_path))


def request(**fields: str) -> AnalyzeRequest:
    own = {"taskType": "negative", "callbackUrl": CALLBACK_URL}
    return AnalyzeRequest.from_fields(own | fields, TYPES, AddressPolicy())


def test_an_image_goes_in_and_an_image_comes_out(parts, submit: Submit, infer: Infer) -> None:
    black = io.BytesIO()
    Image.new("L", (64, 48), 0).save(black, "PNG")
    task = submit("local", request(), black.getvalue())
    read_one(infer, task.key)

    shown = Status(**parts, places=PLACES)(task.key)
    assert (shown.status, shown.data) == ("completed", {"width": 64, "height": 48})
    [artefact] = shown.artefacts
    assert (artefact.name, artefact.media_type) == ("negative", "image/png")
    folder = task.film_key.replace("films/", "outcomes/")
    key = f"{folder}/1/negative"
    assert artefact.url.startswith(f"https://films.example/{key}?")
    white = Image.open(io.BytesIO(parts["films"].objects[key]))
    assert white.getextrema() == (255, 255)

    callback = json.loads(parts["films"].objects[f"{folder}/1.json"])
    assert callback["artefacts"] == [{"name": "negative", "mediaType": "image/png"}]


def test_its_media_and_options_are_its_own(submit: Submit) -> None:
    with pytest.raises(UnsupportedImage, match="none of PNG"):
        submit("local", request(), JPEG)
    with pytest.raises(InvalidRequest, match="pixelSpacing: unknown field"):
        request(pixelSpacing="0.1")


def test_its_failures_are_the_contracts(parts, submit: Submit, infer: Infer) -> None:
    task = submit("local", request(), b"\x89PNG\r\n\x1a\n and nothing more")
    read_one(infer, task.key)
    assert Status(**parts, places=PLACES)(task.key).error == Failure(
        code=12002, message="no picture"
    )
