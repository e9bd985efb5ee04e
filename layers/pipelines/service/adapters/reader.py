"""The registered pipelines as the reader that the service knows.

What a pipeline says of a film is translated here into the codes of the contract; whatever else it
raises is a failure of inference and ends the task, since the same film would do the same again.
"""

import math
from collections import OrderedDict
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from aws_lambda_powertools import Logger

from pipelines.base import FilmToRead as SubmittedFilm
from pipelines.base import Pipeline, Report
from pipelines.errors import (
    FilmUnreadable,
    ModelInvalid,
    PipelineError,
    TookTooLong,
    WrongFilm,
)
from pipelines.registry import TaskType
from service.errors import FailureCode, FilmFailed, Unavailable
from service.ports import FilmToRead, Reading

logger = Logger(child=True)

_CODES: dict[type[PipelineError], FailureCode] = {
    FilmUnreadable: FailureCode.IMAGE_UNREADABLE,
    TookTooLong: FailureCode.TIMED_OUT,
    WrongFilm: FailureCode.WRONG_FILM,
    ModelInvalid: FailureCode.MODEL_INVALID,
}


class PipelineReader:
    """Loads each pipeline once per process, when the first film of its type comes.

    When the models of all types together are larger than ``memory_bytes``, those of the type that
    has been idle longest are let go.
    """

    def __init__(
        self,
        task_types: Mapping[str, TaskType],
        models: Callable[[], Path],
        memory_bytes: float = math.inf,
    ) -> None:
        """Make a reader that has loaded nothing yet.

        Args:
            task_types: The registered task types.
            models: Gives the folder of the models; called once, before the first is loaded.
            memory_bytes: How much the files of the loaded models may sum up to.
        """
        self._task_types = task_types
        self._find_models = models
        self._models: Path | None = None
        self._memory_bytes = memory_bytes
        self._loaded: OrderedDict[str, Pipeline] = OrderedDict()  # longest idle first

    def warm_up(self) -> None:
        """Load every pipeline now rather than with its first film."""
        for task_type in self._task_types:
            self._pipeline(task_type)

    def reads_together(self, task_type: str) -> bool:
        """Whether a pipeline reads films together; loads it."""
        try:
            return self._pipeline(task_type).reads_together
        except Exception:  # noqa: BLE001 - each film will meet the same, under its own lease
            return False

    def read(self, task_type: str, films: Sequence[FilmToRead]) -> list[Reading | FilmFailed]:
        """Read some films; see :class:`service.ports.Reader`."""
        try:
            pipeline = self._pipeline(task_type)
        except Unavailable:
            raise
        except Exception as error:  # noqa: BLE001 - a model of one's own may fail in any way
            return [_failed(error)] * len(films)
        return [
            _failed(outcome) if isinstance(outcome, Exception) else _reading(outcome)
            for outcome in _outcomes(pipeline, films)
        ]

    def _pipeline(self, task_type: str) -> Pipeline:
        if task_type not in self._loaded:
            if task_type not in self._task_types:
                raise ModelInvalid(f"no pipeline is registered for {task_type}")
            if self._models is None:
                self._models = self._find_models()
            self._make_room(self._models, task_type)
            pipeline = self._task_types[task_type].load()
            pipeline.setup(self._models)
            self._loaded[task_type] = pipeline
        self._loaded.move_to_end(task_type)
        return self._loaded[task_type]

    def _make_room(self, models: Path, wanted: str) -> None:
        sizes = {name: _size(models / name) for name in (*self._loaded, wanted)}
        while self._loaded and sum(sizes.values()) > self._memory_bytes:
            idle, _ = self._loaded.popitem(last=False)
            del sizes[idle]
            logger.info("unloaded to make room", extra={"task_type": idle})


def _outcomes(pipeline: Pipeline, films: Sequence[FilmToRead]) -> Sequence[Report | Exception]:
    if len(films) > 1:
        try:
            outcomes = pipeline.run_batch([SubmittedFilm(*film) for film in films])
            if len(outcomes) == len(films):
                return outcomes
            logger.error("a batch of %d films has %d outcomes", len(films), len(outcomes))
        except Exception as error:  # noqa: BLE001 - it may be the fault of one film
            logger.error("pipeline raised %s: each film by itself", type(error).__name__)
    return [_outcome(pipeline, film) for film in films]


def _outcome(pipeline: Pipeline, film: FilmToRead) -> Report | Exception:
    try:
        return pipeline.run(film.content, film.options)
    except Exception as error:  # noqa: BLE001 - whatever it is, it is this film's
        return error


def _reading(report: Report) -> Reading:
    return Reading(report.data, report.models, report.artefacts, report.provider)


def _failed(error: Exception) -> FilmFailed:
    if isinstance(error, FilmFailed):
        return error
    if isinstance(error, PipelineError):
        return FilmFailed(_CODES.get(type(error), FailureCode.INFERENCE_FAILED), str(error))
    # The type alone: a message of foreign code may quote the film.
    logger.error("pipeline raised %s", type(error).__name__)
    return FilmFailed(FailureCode.INFERENCE_FAILED, "the pipeline failed")


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
