"""How time and memory grow: with what waits in the queue, and with the size of a film."""

import io
import itertools
import os
import tempfile
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path

import requests
from PIL import Image

from pipelines.ceph.synthetic import draw
from service.adapters.dynamodb import DynamoTaskStore
from service.adapters.sqs import SqsQueue
from service.messages import InferenceJob
from service.task import Delivery, Task
from xray.bench.apart import read_apart
from xray.bench.measure import Section, Tell, film_of, median, memory_mb, no_film
from xray.cloud import CloudSettings, LocalCloud
from xray.project import LOCAL_PARAMETERS
from xray.receiver import Receiver

_WAITING = (1, 10, 100, 1_000, 10_000)
_FILLERS = 8
_MEGAPIXELS = (0.3, 1.0, 3.0, 10.0, 40.0)
_DELAY = timedelta(
    minutes=15
)  # the most that SQS offers: nobody reads what the queue was filled with


def measure_queue_growth(root: Path, tell: Tell, *, long: bool) -> Section:
    """Measure the API with ever more tasks waiting.

    Args:
        root: The project's folder.
        tell: Told what is being done.
        long: Thirty requests for each figure instead of nine.
    """
    requests_each = 30 if long else 9
    section = Section(
        "With the number of waiting tasks",
        ("waiting", "post ms", "status ms", "list ms", "health ms", "sweep ms", "all processes MB"),
    )
    tell("starting the service")
    settings = CloudSettings(root, LOCAL_PARAMETERS, warm=4)
    with LocalCloud(settings) as cloud, Receiver() as receiver:
        fill = _Filler(cloud, receiver.url("/never"))
        for waiting in _WAITING:
            tell(f"{waiting} tasks wait")
            fill.up_to(waiting)
            figures = _figures(cloud, receiver, fill.last, requests_each)
            section.figures[str(waiting)] = figures
            section.rows.append((f"{waiting:,}", *(f"{figure:.0f}" for figure in figures.values())))
    section.notes.append(
        "Medians. The table and the queues are the emulator's, in memory: its own growth is in the "
        "figures, AWS's is not."
    )
    return section


def measure_film_growth(root: Path, tell: Tell, *, long: bool) -> Section:
    """Measure readings of ever larger films, each in a process of its own.

    Args:
        root: The project's folder.
        tell: Told what is being done.
        long: Five readings for each figure instead of three.
    """
    section = Section(
        "With the size of a film", ("megapixels", "format", "MB", "seconds", "peak MB", "outcome")
    )
    drawn, models = draw(seed=3).jpeg(), root / "functions/infer/models"
    with tempfile.TemporaryDirectory() as folder:
        for megapixels, name in itertools.product(_MEGAPIXELS, ("JPEG", "PNG")):
            tell(f"a {name} of {megapixels} megapixels")
            film = Path(folder, f"film.{name.lower()}")
            content = film_of(drawn, megapixels)
            film.write_bytes(content if name == "JPEG" else _as_png(content))
            found = [read_apart("ceph", film, models) for _ in range(5 if long else 3)]
            seconds = median(one["seconds"] for one in found)
            peak = median(one["peak_mb"] for one in found)
            size_mb = film.stat().st_size / 1e6
            outcome = found[0]["error"] or "read"
            section.rows.append(
                (
                    f"{megapixels:g}",
                    name,
                    f"{size_mb:.1f}",
                    f"{seconds:.2f}",
                    f"{peak:.0f}",
                    outcome,
                )
            )
            section.figures[f"{megapixels:g}/{name}"] = {
                "seconds": seconds, "peak_mb": peak, "size_mb": size_mb, "outcome": outcome,
            }  # fmt: skip
    section.notes.append(
        "ceph, models loaded; peak memory of the process or its child, with Python, ONNX Runtime "
        "and the model in it."
    )
    return section


class _Filler:
    """Puts tasks into table and queue that nobody reads yet."""

    def __init__(self, cloud: LocalCloud, callback_url: str) -> None:
        self._callback_url = callback_url
        self._tasks = DynamoTaskStore(cloud.client("dynamodb"), cloud.outputs["TaskTable"])
        self._queue = SqsQueue(cloud.client("sqs"), cloud.outputs["TaskQueueUrl"])
        self._count = 0
        self.last = ""

    def up_to(self, count: int) -> None:
        """Fill until so many wait."""
        with ThreadPoolExecutor(_FILLERS) as threads:
            for task_id in threads.map(self._add, range(count - self._count)):
                self.last = task_id
        self._count = count

    def _add(self, _: int) -> str:
        now = datetime.now(UTC)
        task = Task(
            client="local",
            task_id=str(uuid.uuid4()),
            task_type="ceph",
            film_key="films/none",
            created_at=now,
            expires_at=now + timedelta(days=1),
            delivery=Delivery(url=self._callback_url),
            due_at=now + timedelta(hours=1),
        )
        self._tasks.add(task)
        self._queue.send(InferenceJob.about(task.key), _DELAY)
        return task.task_id


def _figures(cloud: LocalCloud, receiver: Receiver, task_id: str, count: int) -> dict[str, float]:
    def get(path: str) -> Callable[[], object]:
        return lambda: requests.get(cloud.api_url + path, timeout=60)

    return {
        "post_ms": _median_ms(lambda: _post(cloud, receiver.url("/posted")), count),
        "status_ms": _median_ms(get(f"/api/v1/task/{task_id}"), count),
        "list_ms": _median_ms(get("/api/v1/tasks?limit=20"), count),
        "health_ms": _median_ms(get("/health"), count),
        "sweep_ms": _median_ms(cloud.sweep, max(3, count // 3)),
        "all_mb": memory_mb([os.getpid()]),
    }


def _median_ms(call: Callable[[], object], count: int) -> float:
    times = []
    for _ in range(count):
        began = time.perf_counter()
        call()
        times.append((time.perf_counter() - began) * 1000)
    return median(times)


def _post(cloud: LocalCloud, callback_url: str) -> str:
    answer = requests.post(
        f"{cloud.api_url}/api/v1/analyze",
        data={"taskType": "ceph", "callbackUrl": callback_url},
        files={"image": ("film", no_film())},
        timeout=60,
    )
    answer.raise_for_status()
    task_id: str = answer.json()["taskId"]
    return task_id


def _as_png(jpeg: bytes) -> bytes:
    out = io.BytesIO()
    Image.open(io.BytesIO(jpeg)).save(out, "PNG", compress_level=1)
    return out.getvalue()
