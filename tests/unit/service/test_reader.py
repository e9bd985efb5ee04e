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
    return PipelineReader({"any": ScriptedType("any", "")}, lambda: tmp_path)


def test_a_pipeline_is_set_up_once(reader: PipelineReader) -> None:
    for _ in range(2):
        assert reader.read("any", b"x", {"a": 1}).data == {"film": "x", "a": 1}
    assert Scripted.setups == 1


@pytest.mark.parametrize(
    ("error", "code"),
    [
        (errors.FilmUnreadable("truncated"), FailureCode.IMAGE_UNREADABLE),
        (errors.TookTooLong("a second too many"), FailureCode.TIMED_OUT),
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
        "TookTooLong",
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


def test_models_of_the_longest_idle_type_are_let_go_when_memory_is_short(tmp_path: Path) -> None:
    types = {name: ScriptedType(name, "") for name in ("a", "b", "c")}
    for name in types:
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.onnx").write_bytes(bytes(100))
    reader = PipelineReader(types, lambda: tmp_path, memory_bytes=250)
    Scripted.setups, Scripted.error = 0, None

    def setups_after(*films: str) -> int:
        for task_type in films:
            reader.read(task_type, b"x", {})
        return Scripted.setups

    assert setups_after("a", "b") == 2
    assert setups_after("a", "b", "a") == 2  # both fit
    assert setups_after("c") == 3  # and b, idle longest, makes room
    assert setups_after("a", "c") == 3
    assert setups_after("b") == 4


def test_a_type_larger_than_the_bound_is_loaded_alone(tmp_path: Path) -> None:
    (tmp_path / "any").mkdir()
    (tmp_path / "any" / "model.onnx").write_bytes(bytes(100))
    reader = PipelineReader({"any": ScriptedType("any", "")}, lambda: tmp_path, memory_bytes=10)
    assert reader.read("any", b"x", {}).data == {"film": "x"}


@pytest.mark.parametrize("task_type", TASK_TYPES.values(), ids=TASK_TYPES)
def test_every_registered_pipeline_can_be_imported(task_type: TaskType) -> None:
    assert isinstance(task_type.load(), Pipeline)
