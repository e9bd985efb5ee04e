"""Several films read at once by one network, each by an algorithm that knows of no other film.

How a film is read is a generator: it yields what it wants the network to look at and is sent what
the network saw, as often as this film needs it, and returns what came of it. Those of a batch are
taken from look to look together, so each look is one run of the network for all that still want
one. A film that needs no further look costs nothing in those of the others, and one that fails
leaves them to go on.

What a film needs between looks (decoding, measuring, drawing) is done in as many threads as there
are processors: beside a GPU it is nearly all that takes time.
"""

import os
from collections.abc import Callable, Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Generic, TypeVar

from pipelines.errors import PipelineError

Wanted = TypeVar("Wanted")
Seen = TypeVar("Seen")
Outcome = TypeVar("Outcome")


@dataclass(frozen=True)
class _Ended(Generic[Outcome]):
    """A reading that wants no further look."""

    outcome: Outcome | PipelineError


def in_step(
    readings: Sequence[Generator[Wanted, Seen, Outcome]],
    look: Callable[[Sequence[Wanted]], Sequence[Seen | PipelineError]],
) -> list[Outcome | PipelineError]:
    """Take readings to their end.

    Args:
        readings: One for each film, not yet begun; what they share must bear several threads.
        look: Runs the network on some of what they want; an error is raised in that reading.

    Returns:
        For each film, in their order, what its reading returned, or why it failed.
    """
    outcomes: dict[int, Outcome | PipelineError] = {}
    seen: dict[int, Seen | PipelineError | None] = dict.fromkeys(range(len(readings)))
    with ThreadPoolExecutor(_processors()) as threads:
        side_by_side = threads.map if len(readings) > 1 else map
        while seen:
            going_on = side_by_side(_go_on, [readings[index] for index in seen], seen.values())
            steps = dict(zip(seen, going_on, strict=True))
            outcomes |= {at: one.outcome for at, one in steps.items() if isinstance(one, _Ended)}
            wanted = {at: one for at, one in steps.items() if not isinstance(one, _Ended)}
            found = look(list(wanted.values())) if wanted else ()
            seen = dict(zip(wanted, found, strict=True))
    return [outcomes[index] for index in range(len(readings))]


def _go_on(
    reading: Generator[Wanted, Seen, Outcome], seen: Seen | PipelineError | None
) -> Wanted | _Ended[Outcome]:
    """To the next look; ``None`` was seen by a reading that has not begun."""
    try:
        if seen is None:
            return next(reading)
        if isinstance(seen, PipelineError):
            return reading.throw(seen)
        return reading.send(seen)
    except StopIteration as end:
        return _Ended(end.value)
    except PipelineError as error:
        return _Ended(error)


def _processors() -> int:
    """How many this process may use, where the system says so."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
