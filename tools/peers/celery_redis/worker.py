"""The reader: a Celery worker that reads a film and calls back."""

import os
from pathlib import Path

from celery import Celery
from reading import call_back, read

DURABLE = os.environ.get("PEER_DURABLE") == "1"
app = Celery("peer", broker=os.environ["PEER_REDIS"])
app.conf.update(
    worker_prefetch_multiplier=1,  # as Celery advises for long tasks
    broker_connection_retry_on_startup=True,
)
if DURABLE:
    # What its documentation offers against a worker that is killed.
    app.conf.update(
        task_acks_late=True,
        task_reject_on_worker_lost=True,
        broker_transport_options={"visibility_timeout": 60},
    )


@app.task(autoretry_for=(Exception,), retry_backoff=True, max_retries=3)
def analyze(task_id: str, task_type: str, callback_url: str, film: str) -> None:
    """Read one film and deliver its report."""
    path = Path(film)
    document = read(task_id, task_type, path.read_bytes())
    call_back(callback_url, document)
    path.unlink(missing_ok=True)
