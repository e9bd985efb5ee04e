"""The registered pipelines as the reader that the service knows.

What a pipeline says of a film is translated here into the codes of the contract; whatever else it
raises is a failure of inference and ends the task, since the same film would do the same again.
"""

import math
from collections import OrderedDict
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from aws_lambda_powertools import Logger

from pipelines.base import Pipeline
from pipelines.errors import (
    FilmUnreadable,
    ModelInvalid,
    PipelineError,
    TookTooLong,
    WrongFilm,
)
from pipelines.registry import TaskType
from service.errors import FailureCode, FilmFailed, Unavailable
from service.ports import Reading

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

    def read(self, task_type: str, film: bytes, options: Mapping[str, Any]) -> Reading:
        """Read one film; see :class:`service.ports.Reader`."""
        try:
            report = self._pipeline(task_type).run(film, options)
        except PipelineError as error:
            code = _CODES.get(type(error), FailureCode.INFERENCE_FAILED)
            raise FilmFailed(code, str(error)) from error
        except (FilmFailed, Unavailable):
            raise
        except Exception as error:
            # The type alone: a message of foreign code may quote the film.
            logger.error("pipeline raised %s", type(error).__name__)
            raise FilmFailed(FailureCode.INFERENCE_FAILED, "the pipeline failed") from error
        return Reading(report.data, report.models, report.artefacts, report.provider)

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


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
