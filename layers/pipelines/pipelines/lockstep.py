"""Several films read at once by one network, each by an algorithm that knows of no other film.

How a film is read is a generator: it yields what it wants the network to look at and is sent what
the network saw, as often as this film needs it, and returns what came of it. Those of a batch are
taken from look to look together, so each look is one run of the network for all that still want
one. A film that needs no further look costs nothing in those of the others, and one that fails
leaves them to go on.
"""

from collections.abc import Callable, Generator, Sequence
from typing import TypeVar

from pipelines.errors import PipelineError

Wanted = TypeVar("Wanted")
Seen = TypeVar("Seen")
Outcome = TypeVar("Outcome")


def in_step(
    readings: Sequence[Generator[Wanted, Seen, Outcome]],
    look: Callable[[Sequence[Wanted]], Sequence[Seen | PipelineError]],
) -> list[Outcome | PipelineError]:
    """Take readings to their end.

    Args:
        readings: One for each film, not yet begun.
        look: Runs the network on some of what they want; an error is raised in that reading.

    Returns:
        For each film, in their order, what its reading returned, or why it failed.
    """
    outcomes: dict[int, Outcome | PipelineError] = {}
    seen: dict[int, Seen | PipelineError | None] = dict.fromkeys(range(len(readings)))
    while seen:
        wanted: dict[int, Wanted] = {}
        for index, one in seen.items():
            try:
                wanted[index] = _next_look(readings[index], one)
            except StopIteration as end:
                outcomes[index] = end.value
            except PipelineError as error:
                outcomes[index] = error
        found = look(list(wanted.values())) if wanted else ()
        seen = dict(zip(wanted, found, strict=True))
    return [outcomes[index] for index in range(len(readings))]


def _next_look(
    reading: Generator[Wanted, Seen, Outcome], seen: Seen | PipelineError | None
) -> Wanted:
    if seen is None:
        return next(reading)
    if isinstance(seen, PipelineError):
        return reading.throw(seen)
    return reading.send(seen)
