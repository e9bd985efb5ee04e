"""A task type whose films are plain grey pictures: their grey is what is measured."""

from typing import ClassVar

from pipelines.base import Artefact, Pipeline, Report
from pipelines.errors import ModelInvalid, WrongFilm
from pipelines.film import read_film

WRONG, CRASH, INTERRUPT = 10, 20, 30  # greys that do not end well


class ToyPipeline(Pipeline):
    read: ClassVar[list[int]] = []

    def setup(self, models):
        if (models / "toy" / "broken").exists():
            raise ModelInvalid("the toy is broken")

    def run(self, film, options):
        decoded = read_film(film)
        grey = int(decoded.pixels[0, 0])
        self.read.append(grey)
        if grey == WRONG:
            raise WrongFilm("too dark for a toy")
        if grey == CRASH:
            raise RuntimeError("Doe^Jane")
        if grey == INTERRUPT:
            raise KeyboardInterrupt
        return Report(
            data={
                "measurements": {"grey": grey, "spacing": options.get("pixelSpacing")},
                "image": {"width": decoded.width, "height": decoded.height},
            },
            models={"toy": "1"},
            artefacts={"copy": Artefact(film, "image/png")},
            provider="CPUExecutionProvider",
        )
