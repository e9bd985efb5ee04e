"""Read one film in a process of its own, and print what it took: ``TYPE FILE MODELS``."""

import json
import os
import sys
import threading
import time
from pathlib import Path

from pipelines.errors import PipelineError
from pipelines.registry import TASK_TYPES
from xray.bench.measure import tree

_LOOK_S = 0.005  # a decoder lives for some tens of milliseconds at least


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


class Highest:
    """Watches this process and its children while it is entered.

    Not by ``getrusage``: what that tells of a process begins with what its parent held.

    Attributes:
        mb: The most megabytes that any of them has held so far.
    """

    def __init__(self) -> None:
        self.mb = 0.0
        self._over = threading.Event()
        self._watch = threading.Thread(target=self._look, daemon=True)

    def __enter__(self) -> "Highest":
        self._watch.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        self._watch.join()
        self.mb = max(self.mb, peak_mb(os.getpid()))

    def _look(self) -> None:
        while not self._over.wait(_LOOK_S):
            self.mb = max([self.mb, *(peak_mb(one.pid) for one in tree([os.getpid()]))])


def peak_mb(pid: int) -> float:
    """The most megabytes that a process has held so far; 0 if it is gone."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines()
    except OSError:
        return 0.0
    return next((int(line.split()[1]) / 1000 for line in lines if line.startswith("VmHWM")), 0.0)


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), Path(sys.argv[3]))
