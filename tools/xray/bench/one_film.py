"""Read one film in a process of its own, and print what it took: ``TYPE FILE MODELS``."""

import json
import os
import sys
import time
from pathlib import Path

from pipelines.errors import PipelineError
from pipelines.registry import TASK_TYPES
from xray.bench.memory import Highest, peak_mb


def main(task_type: str, film: Path, models: Path) -> None:
    """Read the film twice, the second time with everything loaded, and print JSON.

    ``seconds`` is the second reading, ``peak_mb`` the most memory that this process or a child of
    it has held, ``base_mb`` what this one held before the first.
    """
    pipeline = TASK_TYPES[task_type].load()
    pipeline.setup(models)
    content = film.read_bytes()
    base, error = peak_mb(os.getpid()), None
    with Highest() as highest:
        for _ in range(2):
            began = time.perf_counter()
            try:
                pipeline.run(content, {})
            except PipelineError as refused:
                error = type(refused).__name__
            seconds = time.perf_counter() - began
    found = {"seconds": seconds, "peak_mb": highest.mb, "base_mb": base, "error": error}
    print(json.dumps(found))


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
