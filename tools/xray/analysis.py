"""Reading films without the service: the registered pipeline, one film after another."""

import hashlib
import io
import logging
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from mimetypes import guess_extension
from pathlib import Path
from typing import Any

from pipelines.base import OVERLAY
from pipelines.errors import PipelineError
from pipelines.registry import TaskType
from service.adapters.reader import PipelineReader
from service.errors import FailureCode, FilmFailed
from service.ports import FilmToRead, Reading
from xray.films import FoundFilm
from xray.results import (
    ARTEFACT_INFIX,
    OVERLAY_SUFFIX,
    SUFFIX,
    Result,
    ResultsInvalid,
    read_result,
    result_file,
    write_result,
    write_whole,
)

_OVERLAY_QUALITY = 90

_log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Plan:
    """What is read, with what, and where it goes.

    Attributes:
        task_type: What the films show.
        models: Folder of the models.
        out: Folder of the results.
        options: Options of the task type, as its pipeline takes them.
        again: Whether films are read that have been read before.
    """

    task_type: TaskType
    models: Path
    out: Path
    options: Mapping[str, Any]
    again: bool = False


@dataclass(frozen=True)
class Outcome:
    """A film's result, and whether it was read just now."""

    result: Result
    fresh: bool


class Analysis:
    """Reads films and writes a report and an overlay for each."""

    def __init__(self, plan: Plan) -> None:
        """Begin; models are loaded when the first film needs them."""
        self._plan = plan
        types = {plan.task_type.name: plan.task_type}
        self._reader = PipelineReader(types, lambda: plan.models)
        self._ready = False
        self._models = _fingerprint(plan.models / plan.task_type.name)

    def analyse(self, film: FoundFilm) -> Outcome:
        """Read a film, unless a report of the same film by the same models is there.

        A film that could not be read is tried again.

        Raises:
            ModelInvalid: No film can be read, because a model is missing or invalid.
            OSError: The results cannot be written.
        """
        try:
            content = film.path.read_bytes()
        except OSError as error:
            failed = FilmFailed(FailureCode.IMAGE_UNREADABLE, f"{error.strerror}")
            return Outcome(self._write(film, self._result(film, failed, {}), None), fresh=True)
        identity = {
            "film": hashlib.sha256(content).hexdigest(),
            "models": self._models,
            "options": dict(self._plan.options),
            "program": version("xray-inference-service"),
        }
        earlier = None if self._plan.again else self._earlier(film, identity)
        if earlier:
            return Outcome(earlier, fresh=False)
        if not self._ready:
            self._reader.warm_up()
            self._ready = True
        read = self._read(content)
        result = self._result(film, read, identity)
        if isinstance(read, FilmFailed) or OVERLAY not in read.artefacts:
            overlay = _overlay(content, result)
        else:
            overlay = read.artefacts[OVERLAY].content
        if isinstance(read, Reading):
            self._write_artefacts(film, read)
        return Outcome(self._write(film, result, overlay), fresh=True)

    def _read(self, content: bytes) -> Reading | FilmFailed:
        film = FilmToRead(content, self._plan.options)
        [outcome] = self._reader.read(self._plan.task_type.name, [film])
        return outcome

    def _result(
        self, film: FoundFilm, read: Reading | FilmFailed, identity: Mapping[str, Any]
    ) -> Result:
        name = self._plan.task_type.name
        if isinstance(read, FilmFailed):
            error = {"code": int(read.code), "message": read.message}
            return Result(film.shown, name, None, error, identity=identity)
        return Result(film.shown, name, read.data, None, read.models, read.provider, identity)

    def _earlier(self, film: FoundFilm, identity: Mapping[str, Any]) -> Result | None:
        try:
            result = read_result(result_file(self._plan.out, film.name, SUFFIX))
        except ResultsInvalid:
            return None
        whole = result_file(self._plan.out, film.name, OVERLAY_SUFFIX).is_file()
        return result if whole and not result.error and result.identity == identity else None

    def _write_artefacts(self, film: FoundFilm, read: Reading) -> None:
        for name, artefact in read.artefacts.items():
            if name == OVERLAY:
                continue  # written for every film, also for one that could not be read
            suffix = f"{ARTEFACT_INFIX}{name}{guess_extension(artefact.media_type) or ''}"
            write_whole(result_file(self._plan.out, film.name, suffix), artefact.content)

    def _write(self, film: FoundFilm, result: Result, overlay: bytes | None) -> Result:
        """The report comes last: where it is, everything is."""
        file = result_file(self._plan.out, film.name, OVERLAY_SUFFIX)
        if overlay is None:
            file.unlink(missing_ok=True)
        else:
            write_whole(file, overlay)
        write_result(result_file(self._plan.out, film.name, SUFFIX), result)
        return result


def _overlay(content: bytes, result: Result) -> bytes | None:
    from pipelines.overlay import render

    try:
        picture = render(content, result.document())
    except PipelineError:
        return None  # nothing that could be shown
    except Exception as error:  # noqa: BLE001  # a report is worth more than its picture
        _log.warning("no overlay of %s: %s", result.film, type(error).__name__)
        return None
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=_OVERLAY_QUALITY)
    return out.getvalue()


def _fingerprint(folder: Path) -> str:
    """Of the manifests, each of which names the hash of its weights."""
    digest = hashlib.sha256()
    for manifest in sorted(folder.rglob("manifest.json")):
        digest.update(manifest.relative_to(folder).as_posix().encode() + b"\0")
        digest.update(hashlib.sha256(manifest.read_bytes()).digest())
    return digest.hexdigest()
