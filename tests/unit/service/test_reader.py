"""What pipelines say, in the contract's codes."""

from pathlib import Path

import pytest

from pipelines import errors
from pipelines.base import Pipeline, Report
from pipelines.registry import TASK_TYPES, TaskType
from service.adapters.reader import PipelineReader
from service.errors import FailureCode, FilmFailed


class Scripted(Pipeline):
    setups = 0
    error: Exception | None = None

    def setup(self, models: Path) -> None:
        Scripted.setups += 1

    def run(self, film, options) -> Report:
        if self.error:
            raise self.error
        return Report(data={"film": film.decode(), **options}, models={"m": "1"})


class ScriptedType(TaskType):
    def load(self) -> Pipeline:
        return Scripted()


@pytest.fixture
def reader(tmp_path: Path) -> PipelineReader:
    Scripted.setups, Scripted.error = 0, None
    return PipelineReader({"any": ScriptedType("any", "")}, tmp_path)


def test_a_pipeline_is_set_up_once(reader: PipelineReader) -> None:
    for _ in range(2):
        assert reader.read("any", b"x", {"a": 1}).data == {"film": "x", "a": 1}
    assert Scripted.setups == 1


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.FilmUnreadable("truncated"), FailureCode.IMAGE_UNREADABLE),
        (errors.WrongFilm("a panoramic"), FailureCode.WRONG_FILM),
        (errors.ModelInvalid("wrong hash"), FailureCode.MODEL_INVALID),
        (errors.InferenceFailed("no peak"), FailureCode.INFERENCE_FAILED),
    ],
)
def test_every_error_has_its_code(reader: PipelineReader, error: Exception, code: int) -> None:
    Scripted.error = error
    with pytest.raises(FilmFailed) as failed:
        reader.read("any", b"x", {})
    assert (failed.value.code, failed.value.message) == (code, str(error))


def test_every_error_of_the_pipelines_is_tested_above() -> None:
    assert {c.__name__ for c in errors.PipelineError.__subclasses__()} == {
        "FilmUnreadable",
        "WrongFilm",
        "ModelInvalid",
        "InferenceFailed",
    }


def test_foreign_errors_fail_the_film_and_are_not_quoted(
    reader: PipelineReader, capsys: pytest.CaptureFixture[str]
) -> None:
    Scripted.error = ValueError("PatientName is X^Y")
    with pytest.raises(FilmFailed) as failed:
        reader.read("any", b"x", {})
    assert failed.value.code == FailureCode.INFERENCE_FAILED
    assert "X^Y" not in failed.value.message + "".join(capsys.readouterr())


def test_an_unknown_type_is_a_missing_model(reader: PipelineReader) -> None:
    with pytest.raises(FilmFailed) as failed:
        reader.read("mri", b"x", {})
    assert failed.value.code == FailureCode.MODEL_INVALID


@pytest.mark.parametrize("task_type", TASK_TYPES.values(), ids=TASK_TYPES)
def test_every_registered_pipeline_can_be_imported(task_type: TaskType) -> None:
    assert isinstance(task_type.load(), Pipeline)
