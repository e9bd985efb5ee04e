"""Runs a program that must not outlive its parent, and clears away what it leaves.

Started as ``python guard.py FOLDER COMMAND…``. The parent holds the other end of this process's
standard input: when that ends, because the parent closed it or because it died of whatever cause,
SIGKILL included, the command's whole process group is killed and the folder removed. A pipe works
alike on Linux and macOS. The file uses the standard library only and is started by its path.
"""

import contextlib
import os
import shutil
import signal
import subprocess
import sys
import threading
from types import FrameType


def main(folder: str, command: list[str]) -> int:
    """Run ``command`` in a process group of its own until it or the parent ends.

    Args:
        folder: Scratch folder of the command, removed at the end.
        command: Program and arguments.

    Returns:
        The command's exit status.
    """
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, _leave)
    child = subprocess.Popen(command, stdin=subprocess.DEVNULL, start_new_session=True)
    threading.Thread(target=_kill_at_end_of_input, args=(child.pid,), daemon=True).start()
    try:
        return child.wait()
    finally:
        _kill_group(child.pid)
        shutil.rmtree(folder, ignore_errors=True)


def _leave(number: int, _frame: FrameType | None) -> None:
    sys.exit(128 + number)


def _kill_at_end_of_input(group: int) -> None:
    while os.read(0, 1024):
        pass
    _kill_group(group)


def _kill_group(group: int) -> None:
    # macOS answers EPERM where only zombies are left.
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(group, signal.SIGKILL)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1], sys.argv[2:]))
