"""One process whose clock is wrong: by a library of some lines, compiled here and preloaded."""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NOTICED_S = 300  # a task that took so long by its record had a reader with another clock


class WrongClock:
    """The clock of whatever process has :attr:`variables` in its environment.

    Attributes:
        missing: Why there is none here, if there is none.
        variables: For the process.
    """

    def __init__(self, folder: Path) -> None:
        """Compile the library.

        Args:
            folder: For it, and for the file that says how wrong the clock is.
        """
        folder.mkdir(parents=True, exist_ok=True)
        self._note = folder / "clock"
        self._say(0)
        self.variables: dict[str, str] = {}
        self.missing = _compiled(folder / "wrong_clock.so")
        if self.missing is None:
            self.variables = {
                "LD_PRELOAD": str(folder / "wrong_clock.so"),
                "WRONG_CLOCK_FILE": str(self._note),
            }

    @contextmanager
    def off_by(self, seconds: int) -> Iterator[None]:
        """Put it wrong.

        Args:
            seconds: How far; negative if it is slow.
        """
        self._say(seconds)
        try:
            yield
        finally:
            self._say(0)

    def _say(self, seconds: int) -> None:
        fresh = self._note.with_suffix(".new")
        fresh.write_text(f"{seconds}\n")
        fresh.replace(self._note)  # whoever reads it meanwhile reads the one or the other


def _compiled(library: Path) -> str | None:
    """Why it could not be, if it could not."""
    compiler = shutil.which("cc")
    if sys.platform != "linux":
        return "only Linux preloads libraries in this way"
    if compiler is None:
        return "there is no C compiler (cc)"
    source = Path(__file__).with_name("wrong_clock.c")
    command = [compiler, "-shared", "-fPIC", "-O2", "-o", str(library), str(source), "-ldl"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    return f"the C compiler fails: {done.stderr.strip()[-200:]}" if done.returncode else None
