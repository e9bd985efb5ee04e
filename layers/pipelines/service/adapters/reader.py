"""The registered pipelines as the reader that the service knows.

What a pipeline says of a film is translated here into the codes of the contract; whatever else it
raises is a failure of inference and ends the task, since the same film would do the same again.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger

from pipelines.base import Pipeline
from pipelines.errors import FilmUnreadable, ModelInvalid, PipelineError, WrongFilm
from pipelines.registry import TaskType
from service.errors import FailureCode, FilmFailed
from service.ports import Reading

logger = Logger(child=True)

_CODES: dict[type[PipelineError], FailureCode] = {
    FilmUnreadable: FailureCode.IMAGE_UNREADABLE,
    WrongFilm: FailureCode.WRONG_FILM,
    ModelInvalid: FailureCode.MODEL_INVALID,
}


class PipelineReader:
    """Loads each pipeline once per process, when the first film of its type comes."""

    def __init__(self, task_types: Mapping[str, TaskType], models: Path) -> None:
        self._task_types = task_types
        self._models = models
        self._pipelines: dict[str, Pipeline] = {}

    def warm_up(self) -> None:
        """Load every pipeline now rather than with its first film."""
        for task_type in self._task_types:
            self._pipeline(task_type)

    def read(self, task_type: str, film: bytes, options: Mapping[str, Any]) -> Reading:
        """Read one film; see :class:`service.ports.Reader`."""
        try:
            report = self._pipeline(task_type).run(film, options)
        except PipelineError as error:
            code = _CODES.get(type(error), FailureCode.INFERENCE_FAILED)
            raise FilmFailed(code, str(error)) from error
        except Exception as error:
            # The type alone: a message of foreign code may quote the film.
            logger.error("pipeline raised %s", type(error).__name__)
            raise FilmFailed(FailureCode.INFERENCE_FAILED, "the pipeline failed") from error
        return Reading(data=report.data, models=report.models)

    def _pipeline(self, task_type: str) -> Pipeline:
        if task_type not in self._pipelines:
            if task_type not in self._task_types:
                raise ModelInvalid(f"no pipeline is registered for {task_type}")
            pipeline = self._task_types[task_type].load()
            pipeline.setup(self._models)
            self._pipelines[task_type] = pipeline
        return self._pipelines[task_type]
