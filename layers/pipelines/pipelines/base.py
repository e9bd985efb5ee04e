"""What every pipeline is: set up once, then read one film after another, or some together."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, NamedTuple

from pipelines.errors import PipelineError

OVERLAY = "overlay"  # names the artefact that shows a film with its reading


@dataclass(frozen=True)
class Artefact:
    """A file that a pipeline made: an overlay, a processed image, subtitles.

    Attributes:
        content: The file.
        media_type: What it is, such as ``image/png``.
    """

    content: bytes
    media_type: str


@dataclass(frozen=True)
class Report:
    """What a pipeline read on a film.

    Attributes:
        data: The report as it goes to the client: JSON types only, keys in the contract's form.
        models: Name of each model that served → its version.
        artefacts: Name → file, for what does not fit into JSON. Names are lower-case words.
        provider: What the models ran on, as ONNX Runtime names it; ``None`` if no model ran.
    """

    data: dict[str, Any]
    models: dict[str, str] = field(default_factory=dict)
    artefacts: dict[str, Artefact] = field(default_factory=dict)
    provider: str | None = None


class FilmToRead(NamedTuple):
    """A film as it was submitted.

    Attributes:
        content: The file, as it came: JPEG, PNG, BMP or DICOM.
        options: The options that the task type declares, validated; absent means unknown.
    """

    content: bytes
    options: Mapping[str, Any]


class Pipeline(ABC):
    """Reads films of one type.

    One instance lives as long as its process; :meth:`setup` is called once, before the first
    :meth:`run`. A pipeline needs no more than these two; one that gains by reading films together
    says so in :attr:`reads_together` and does it in :meth:`run_batch`.
    """

    @property
    def reads_together(self) -> bool:
        """Whether :meth:`run_batch` is quicker than :meth:`run` for each; asked after setup.

        Only then are films begun together: they also fall together, if one of them ends the
        process.
        """
        return False

    @abstractmethod
    def setup(self, models: Path) -> None:
        """Load what every film needs.

        Args:
            models: Folder with one folder per task type, each with a ``manifest.json``.

        Raises:
            ModelInvalid: A model is missing or is not what its manifest says.
        """

    @abstractmethod
    def run(self, film: bytes, options: Mapping[str, Any]) -> Report:
        """Read one film.

        Args:
            film: The submitted file, as it came: JPEG, PNG, BMP or DICOM.
            options: The options that the task type declares, validated; absent means unknown.

        Raises:
            FilmUnreadable: The file cannot be decoded.
            WrongFilm: It is not the kind of film that this pipeline reads.
            InferenceFailed: The model gave no usable result.
        """

    def run_batch(self, films: Sequence[FilmToRead]) -> list[Report | PipelineError]:
        """Read some films, each with an outcome of its own.

        Args:
            films: At least one.

        Returns:
            For each film, in their order, what :meth:`run` would return, or raise if it is a
            :class:`~pipelines.errors.PipelineError`. Any other error may be raised: each film is
            then read by itself.
        """
        outcomes: list[Report | PipelineError] = []
        for film in films:
            try:
                outcomes.append(self.run(film.content, film.options))
            except PipelineError as error:
                outcomes.append(error)
        return outcomes


class BatchPipeline(Pipeline):
    """Reads films together; a single one is a batch of one."""

    @abstractmethod
    def run_batch(self, films: Sequence[FilmToRead]) -> list[Report | PipelineError]:
        """Read some films; see :meth:`Pipeline.run_batch`."""

    def run(self, film: bytes, options: Mapping[str, Any]) -> Report:
        """Read one film; see :meth:`Pipeline.run`."""
        [outcome] = self.run_batch([FilmToRead(film, options)])
        if isinstance(outcome, PipelineError):
            raise outcome
        return outcome
