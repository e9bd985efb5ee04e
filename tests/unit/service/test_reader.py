"""What pipelines say, in the contract's codes."""

from pathlib import Path
from typing import ClassVar

import pytest

from pipelines import errors
from pipelines.base import Pipeline, Report
from pipelines.registry import TASK_TYPES, TaskType
from service.adapters.reader import PipelineReader
from service.errors import FailureCode, FilmFailed, Unavailable
from service.ports import FilmToRead, Reading


class Scripted(Pipeline):
    """Reads what it is given; ``broken`` films raise in a batch, which then is read in turn."""

    setups = 0
    error: Exception | None = None
    batches: ClassVar[list[list[bytes]]] = []
    together = False

    def setup(self, models: Path) -> None:
        Scripted.setups += 1

    def run(self, film, options) -> Report:
        if self.error:
            raise self.error
        if film == b"spoilt":
            raise errors.FilmUnreadable("spoilt")
        if film == b"broken":
            raise ValueError("PatientName is X^Y")
        return Report(data={"film": film.decode(), **options}, models={"m": "1"})

    @property
    def reads_together(self) -> bool:
        return self.together

    def run_batch(self, films):
        Scripted.batches.append([film.content for film in films])
        if any(film.content == b"short" for film in films):
            return []
        return super().run_batch(films)


class ScriptedType(TaskType):
    def load(self) -> Pipeline:
        return Scripted()


@pytest.fixture
def reader(tmp_path: Path) -> PipelineReader:
    Scripted.setups, Scripted.error = 0, None
    Scripted.batches, Scripted.together = [], False
    return PipelineReader({"any": ScriptedType("any", "")}, lambda: tmp_path)


def read(reader: PipelineReader, task_type: str = "any", **options: object) -> Reading | FilmFailed:
    [outcome] = reader.read(task_type, [FilmToRead(b"x", options)])
    return outcome


def data(outcome: Reading | FilmFailed) -> object:
    return outcome.data if isinstance(outcome, Reading) else (outcome.code, outcome.message)


def test_a_pipeline_is_set_up_once(reader: PipelineReader) -> None:
    for _ in range(2):
        assert data(read(reader, a=1)) == {"film": "x", "a": 1}
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
    assert data(read(reader)) == (code, str(error))


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
    assert data(read(reader)) == (FailureCode.INFERENCE_FAILED, "the pipeline failed")
    assert "X^Y" not in "".join(capsys.readouterr())


def test_an_unknown_type_is_a_missing_model(reader: PipelineReader) -> None:
    assert not reader.reads_together("mri")
    failed = read(reader, "mri")
    assert isinstance(failed, FilmFailed)
    assert failed.code == FailureCode.MODEL_INVALID


def batch(*films: bytes) -> list[FilmToRead]:
    return [FilmToRead(film, {"number": number}) for number, film in enumerate(films)]


def test_films_are_read_as_one_batch_and_fail_alone(reader: PipelineReader) -> None:
    Scripted.together = True
    assert reader.reads_together("any")
    assert [data(one) for one in reader.read("any", batch(b"a", b"spoilt", b"b"))] == [
        {"film": "a", "number": 0},
        (FailureCode.IMAGE_UNREADABLE, "spoilt"),
        {"film": "b", "number": 2},
    ]
    assert Scripted.batches == [[b"a", b"spoilt", b"b"]]


@pytest.mark.parametrize(
    ("odd", "outcome"),
    [
        (b"broken", (FailureCode.INFERENCE_FAILED, "the pipeline failed")),
        (b"short", {"film": "short", "number": 1}),
    ],
)
def test_films_of_a_batch_that_fails_as_a_whole_are_read_in_turn(
    reader: PipelineReader, odd: bytes, outcome: object, capsys: pytest.CaptureFixture[str]
) -> None:
    assert [data(one) for one in reader.read("any", batch(b"a", odd, b"b"))] == [
        {"film": "a", "number": 0},
        outcome,
        {"film": "b", "number": 2},
    ]
    assert "X^Y" not in "".join(capsys.readouterr())


def test_one_film_is_no_batch(reader: PipelineReader) -> None:
    read(reader)
    assert Scripted.batches == []


def test_models_that_cannot_be_had_now_are_no_fault_of_the_films() -> None:
    def away() -> Path:
        raise Unavailable("models: away")

    reader = PipelineReader({"any": ScriptedType("any", "")}, away)
    assert not reader.reads_together("any")
    with pytest.raises(Unavailable):
        reader.read("any", batch(b"a", b"b"))


def test_a_model_that_is_missing_fails_each_film() -> None:
    def missing() -> Path:
        raise FilmFailed(FailureCode.MODEL_INVALID, "gone")

    reader = PipelineReader({"any": ScriptedType("any", "")}, missing)
    assert not reader.reads_together("any")
    assert [data(one) for one in reader.read("any", batch(b"a", b"b"))] == [
        (FailureCode.MODEL_INVALID, "gone")
    ] * 2


def test_models_of_the_longest_idle_type_are_let_go_when_memory_is_short(tmp_path: Path) -> None:
    types = {name: ScriptedType(name, "") for name in ("a", "b", "c")}
    for name in types:
        (tmp_path / name).mkdir()
        (tmp_path / name / "model.onnx").write_bytes(bytes(100))
    reader = PipelineReader(types, lambda: tmp_path, memory_bytes=250)
    Scripted.setups, Scripted.error = 0, None

    def setups_after(*films: str) -> int:
        for task_type in films:
            read(reader, task_type)
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
    assert data(read(reader)) == {"film": "x"}


@pytest.mark.parametrize("task_type", TASK_TYPES.values(), ids=TASK_TYPES)
def test_every_registered_pipeline_can_be_imported(task_type: TaskType) -> None:
    assert isinstance(task_type.load(), Pipeline)
