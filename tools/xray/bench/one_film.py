"""Read one film in a process of its own, and print what it took: ``TYPE FILE MODELS``."""

import json
import resource
import sys
import time
from pathlib import Path

from pipelines.errors import PipelineError
from pipelines.registry import TASK_TYPES


def main(task_type: str, film: Path, models: Path) -> None:
    """Read the film twice, the second time with everything loaded, and print JSON.

    ``seconds`` is the second reading, ``peak_mb`` the most memory that this process or a child of
    it has held, ``base_mb`` what this one held before the first.
    """
    pipeline = TASK_TYPES[task_type].load()
    pipeline.setup(models)
    content = film.read_bytes()
    base = _peak_mb()
    error = None
    for _ in range(2):
        began = time.perf_counter()
        try:
            pipeline.run(content, {})
        except PipelineError as refused:
            error = type(refused).__name__
        seconds = time.perf_counter() - began
    print(json.dumps({"seconds": seconds, "peak_mb": _peak_mb(), "base_mb": base, "error": error}))


def _peak_mb() -> float:
    who = (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    return max(resource.getrusage(one).ru_maxrss for one in who) / 1000


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
