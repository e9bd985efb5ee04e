"""The task types and the pipelines that read them.

A new task type is a folder beside this file and one entry here; the service takes names, accepted
media and options from this table and knows nothing else about a type. Importing this module is
cheap: a pipeline, and numpy with it, is imported when the first film of its type is read.
"""

import importlib
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from msgspec import Struct

    from pipelines.base import Pipeline
    from pipelines.described import Described

FILM_MEDIA = frozenset({"image/jpeg", "image/png", "image/bmp", "application/dicom"})


class TaskType(NamedTuple):
    """What the service must know about a task type.

    Attributes:
        name: The ``taskType`` of the HTTP contract.
        pipeline: ``module:class``, imported on first use.
        media: The media types that it reads; judged by content, never by name.
        options: ``module:class`` of the options that a client may send with it, imported with the
            first film of its type.
        report: ``module:class`` of the description of its reports, imported when somebody asks.
    """

    name: str
    pipeline: str
    media: frozenset[str] = FILM_MEDIA
    options: str = "pipelines.options:FilmOptions"
    report: str | None = None

    def load(self) -> "Pipeline":
        """Import the pipeline and return a fresh, not yet set up instance."""
        pipeline: Pipeline = _imported(self.pipeline)()
        return pipeline

    def options_model(self) -> "type[Struct]":
        """The options that a client may send with it."""
        options: type[Struct] = _imported(self.options)
        return options

    def report_model(self) -> "type[Described] | None":
        """What its reports hold, if somebody has described it."""
        report: type[Described] | None = _imported(self.report) if self.report else None
        return report


def _imported(place: str) -> Any:
    module, _, name = place.partition(":")
    return getattr(importlib.import_module(module), name)


TASK_TYPES: dict[str, TaskType] = {
    task_type.name: task_type
    for task_type in (
        TaskType(
            name="ceph",
            pipeline="pipelines.ceph.pipeline:CephPipeline",
            options="pipelines.ceph.options:CephOptions",
            report="pipelines.ceph.described:CephReport",
        ),
        TaskType(
            name="pano",
            pipeline="pipelines.pano.pipeline:PanoPipeline",
            report="pipelines.pano.described:PanoReport",
        ),
    )
}
