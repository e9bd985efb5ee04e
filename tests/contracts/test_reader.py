"""What reads films: the fake, and the adapter with a pipeline of no particular kind."""

from pathlib import Path

import pytest

from pipelines.base import Pipeline, Report
from pipelines.errors import FilmUnreadable
from pipelines.registry import TaskType
from service.adapters.reader import PipelineReader
from service.errors import FailureCode, FilmFailed
from service.ports import FilmToRead, Reader, Reading
from tests.fakes import FakeReader


class Plain(Pipeline):
    def setup(self, models: Path) -> None:
        self.reads = 0

    def run(self, film, options) -> Report:
        if film == b"spoilt":
            raise FilmUnreadable("truncated")
        return Report(data={"landmarks": []}, models={"fake": "1"})


class Together(Plain):
    reads_together = True


class Either(TaskType):
    def load(self) -> Pipeline:
        return Together() if self.name == "together" else Plain()


@pytest.fixture(params=["fake", "pipelines"])
def reader(request, tmp_path: Path) -> Reader:
    if request.param == "pipelines":
        types = {name: Either(name, "") for name in ("plain", "together")}
        return PipelineReader(types, lambda: tmp_path)
    fake = FakeReader()
    fake.together = {"together"}
    fake.failures[b"spoilt"] = FilmFailed(FailureCode.IMAGE_UNREADABLE, "truncated")
    return fake


def test_it_says_which_types_are_read_together(reader: Reader) -> None:
    assert reader.reads_together("together")
    assert not reader.reads_together("plain")
    assert not reader.reads_together("mri")


@pytest.mark.parametrize("task_type", ["plain", "together"])
@pytest.mark.parametrize("films", [(b"a",), (b"spoilt",), (b"a", b"spoilt", b"b")])
def test_each_film_has_an_outcome_of_its_own(reader: Reader, task_type: str, films) -> None:
    outcomes = reader.read(task_type, [FilmToRead(film, {}) for film in films])
    assert len(outcomes) == len(films)
    for film, outcome in zip(films, outcomes, strict=True):
        if film == b"spoilt":
            assert isinstance(outcome, FilmFailed)
            assert (outcome.code, outcome.message) == (12002, "truncated")
        else:
            assert isinstance(outcome, Reading)
            assert (outcome.data, outcome.models) == ({"landmarks": []}, {"fake": "1"})
