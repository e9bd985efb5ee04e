"""How long fuzzers run: briefly and always alike in the suite, for long with ``make fuzz``."""

import os
from collections.abc import Callable
from typing import TypeVar

from hypothesis import HealthCheck, settings

Test = TypeVar("Test", bound=Callable[..., None])


def fuzzed(examples: int) -> Callable[[Test], Test]:
    """Settings for a fuzzer.

    Args:
        examples: How many in the suite; ``FUZZ_FACTOR`` times as many, other ones each time, where
            the environment has that.
    """
    factor = int(os.environ.get("FUZZ_FACTOR", "0"))
    return settings(
        max_examples=examples * max(1, factor),
        derandomize=not factor,
        database=None,
        deadline=None,
        suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large],
    )
