"""Kills one function process at a chosen call to AWS: the fault runs' proxy, armed by a test."""

import threading
from collections.abc import Callable

from xray.faults.proxy import Act, Call, Proxy


class KillProxy(Proxy):
    """A proxy to one cloud, from ``with`` to its end."""

    def __init__(self) -> None:
        super().__init__(self._judged)
        self._deadly: Callable[[Call], bool] | None = None
        self._lock = threading.Lock()

    def kill_at(self, deadly: Callable[[Call], bool]) -> None:
        """Kill the process that makes the next matching call, once."""
        with self._lock:
            self.killed.clear()
            self._deadly = deadly

    def _judged(self, call: Call) -> Act:
        with self._lock:
            if self._deadly is None or not self._deadly(call):
                return Act.PASS
            self._deadly = None
        return Act.KILL_BEFORE
