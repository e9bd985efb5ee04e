"""The way in: takes a film, writes it to a shared folder, sends a Celery message."""

import os
import uuid
from pathlib import Path
from typing import Annotated

from fastapi import FastAPI, File, Form
from worker import analyze as analyze_task

FILMS = Path(os.environ["PEER_FOLDER"]) / "films"
app = FastAPI()


@app.post("/api/v1/analyze", status_code=202)
def analyze(
    task_id: Annotated[str, Form(alias="taskId")],
    task_type: Annotated[str, Form(alias="taskType")],
    callback_url: Annotated[str, Form(alias="callbackUrl")],
    image: Annotated[bytes, File()],
) -> dict[str, str]:
    """Accept a film."""
    FILMS.mkdir(exist_ok=True)
    film = FILMS / str(uuid.uuid4())
    film.write_bytes(image)
    analyze_task.delay(task_id, task_type, callback_url, str(film))
    return {"taskId": task_id, "status": "accepted"}


@app.get("/health")
def health() -> dict[str, str]:
    """Answer."""
    return {"status": "ok"}
