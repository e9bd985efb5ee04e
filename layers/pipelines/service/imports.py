"""Imports at the start of a function, without what slows them down for nothing."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

# Words of memory. Python 3.11 keeps the calls under way in pieces of 16 KiB, of more where one call
# needs more. Where the depth of nested imports wavers about the end of a piece, every call asks the
# system for memory and gives it back: a thousand times, where botocore is imported.
_ROOM = 10_000


@contextmanager
def quick_imports() -> Iterator[None]:
    """Import within.

    Nobody looks for garbage meanwhile, since modules are none; and what has been imported by the
    end is never looked at again: it lasts as long as the process.
    """
    gc.disable()
    try:
        _import_deep("botocore.session")
        yield
    finally:
        gc.freeze()
        gc.enable()


def _import_deep(module: str) -> None:
    import_module(module)


_import_deep.__code__ = _import_deep.__code__.replace(co_stacksize=_ROOM)
