"""Reading films in a process of its own: what it takes, and the most memory that it held."""

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from pipelines.base import FilmToRead
from pipelines.errors import PipelineError
from pipelines.registry import TASK_TYPES
from xray.bench.memory import Highest, peak_mb


def read_apart(task_type: str, film: Path, models: Path, count: int = 1) -> dict[str, Any]:
    """Read a film in a fresh process, twice: the second time everything is loaded.

    Args:
        task_type: What the film shows.
        film: Its file.
        models: Folder of the models of all types.
        count: How often the film is in the batch that is read.

    Returns:
        ``seconds`` of the second reading; ``peak_mb``, the most memory that the process or a child
        of it has held; ``base_mb``, what it held before the first; ``error``, if it was refused.
    """
    done = subprocess.run(
        [sys.executable, "-m", __name__, task_type, str(film), str(models), str(count)],
        capture_output=True, text=True, timeout=300, check=True,
    )  # fmt: skip
    found: dict[str, Any] = json.loads(done.stdout)
    return found


def _main(task_type: str, film: Path, models: Path, count: int) -> None:
    pipeline = TASK_TYPES[task_type].load()
    pipeline.setup(models)
    content = film.read_bytes()
    base, error = peak_mb(os.getpid()), None
    with Highest() as highest:
        for _ in range(2):
            began = time.perf_counter()
            [first, *_] = pipeline.run_batch([FilmToRead(content, {})] * count)
            seconds = time.perf_counter() - began
            error = type(first).__name__ if isinstance(first, PipelineError) else None
    found = {"seconds": seconds, "peak_mb": highest.mb, "base_mb": base, "error": error}
    print(json.dumps(found))


if __name__ == "__main__":
    _main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]), int(sys.argv[4]))
