"""A BentoML service: the reading as a task with a callback, and as a plain call."""

import os
from pathlib import Path
from typing import Annotated

import bentoml
from bentoml.validators import ContentType
from reading import call_back, predict, read

_WORKERS = int(os.environ.get("PEER_WORKERS", "2"))


@bentoml.service(workers=_WORKERS, traffic={"timeout": 600})
class Films:
    """Reads films."""

    @bentoml.task
    def analyze(
        self,
        taskId: str,  # noqa: N803
        taskType: str,  # noqa: N803
        callbackUrl: str,  # noqa: N803
        image: Annotated[Path, ContentType("application/octet-stream")],
    ) -> str:
        """Read one film and deliver its report."""
        call_back(callbackUrl, read(taskId, taskType, image.read_bytes()))
        return taskId

    @bentoml.api
    def predict(
        self,
        task_type: str,
        image: Annotated[Path, ContentType("application/octet-stream")],
    ) -> list[list[int]]:
        """Read one film while the caller waits."""
        return predict(task_type, image.read_bytes())
