"""When the next attempt to deliver a callback is due, if there is to be one."""

import random
from datetime import timedelta
from http import HTTPStatus

from service.ports import Answer

Schedule = tuple[timedelta, ...]  # the gap before each attempt; its length is their number

JITTER = 0.1
# A receiver may put an attempt off, and no further than this: the longest gap of the standard
# schedule. Ten attempts so far apart are still over before TaskTtlSeconds is.
LONGEST_WAIT = timedelta(days=1)

_ASKS_TO_WAIT = frozenset({429, 502, 503, 504})


def retry_in(schedule: Schedule, made: int, answer: Answer) -> timedelta | None:
    """The time until the next attempt.

    ``Retry-After`` may lengthen the schedule's gap and never shortens it: a receiver that always
    says 0 would spend all its attempts within seconds of its outage.

    Args:
        schedule: The gap before each attempt.
        made: How many have been made, with the one that failed now.
        answer: What that one was answered.

    Returns:
        ``None`` if that was the last: all are spent, or the receiver says that it is gone.
    """
    if answer.status == HTTPStatus.GONE or made >= len(schedule):
        return None
    gap = schedule[made]
    if answer.retry_after and answer.status in _ASKS_TO_WAIT:
        gap = max(gap, min(answer.retry_after, LONGEST_WAIT))
    # Jitter only lengthens: many films that failed together do not come back together.
    return gap * (1 + random.uniform(0, JITTER))  # noqa: S311 - no secret
