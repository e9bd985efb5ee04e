"""What the program says to people: on standard error, live where somebody watches."""

import signal
import time
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType

import typer
from rich.console import Console
from rich.status import Status

console = Console(stderr=True, highlight=False)


def stop(message: str) -> typer.Exit:
    """Say in one line why the program cannot go on.

    Args:
        message: The reason.

    Returns:
        What the caller raises.
    """
    console.print(f"[bold red]error[/] {_plain(message)}", soft_wrap=True)
    return typer.Exit(1)


class Steps:
    """Tells step after step with the time since the beginning."""

    def __init__(self, status: Status) -> None:
        """Begin.

        Args:
            status: The line that shows the present step where somebody watches.
        """
        self._status = status
        self._began = time.monotonic()

    def __call__(self, text: str) -> None:
        """Tell that a step begins.

        Args:
            text: A few words.
        """
        elapsed = time.monotonic() - self._began
        console.print(f"[dim]{elapsed:6.1f} s[/]  {_plain(text)}", soft_wrap=True)
        self._status.update(_plain(text))


@contextmanager
def steps() -> Iterator[Steps]:
    """Show steps; a turning wheel beside the present one on a terminal, plain lines elsewhere."""
    with console.status("") as status:
        yield Steps(status)


@contextmanager
def interruptible() -> Iterator[None]:
    """Let Ctrl-C, a closed terminal and SIGTERM end the program in order, all in the same way.

    A shell starts background commands with Ctrl-C ignored: it is set here in any case.

    Raises:
        typer.Exit: With the status that shells give to an interrupted program.
    """
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.signal(number, _interrupt) for number in numbers}
    try:
        yield
    except KeyboardInterrupt:
        console.print("interrupted")
        raise typer.Exit(128 + signal.SIGINT) from None
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _interrupt(_number: int, _frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _plain(text: str) -> str:
    from rich.markup import escape

    return escape(text)
