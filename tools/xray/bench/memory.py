"""The most memory that processes have held."""

import os
import threading
from pathlib import Path

from xray.bench.measure import tree

_LOOK_S = 0.005  # a decoder lives for some tens of milliseconds at least


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
