"""What can go wrong with the local cloud."""

from pathlib import Path

_TAIL_LINES = 15


class CloudError(Exception):
    """The local cloud cannot do what was asked; the text says what to do about it."""


def with_log(message: str, log: Path) -> CloudError:
    """An error that quotes the end of a log.

    Args:
        message: What went wrong.
        log: The file whose last lines say why.
    """
    lines = log.read_text(errors="replace").splitlines() if log.is_file() else []
    tail = "\n".join(f"  | {line}" for line in lines[-_TAIL_LINES:])
    return CloudError(f"{message}\n{tail}\n  the whole log: {log}" if tail else message)
