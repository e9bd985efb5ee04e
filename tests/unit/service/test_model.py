"""Models that are built with their first use."""

import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from pydantic import ValidationError

from service.answers import Answer
from service.answers.tasks import TaskState
from service.model import Model


def test_a_model_is_built_with_its_first_use():
    class Late(Model):
        number: int

    assert not Late.__pydantic_complete__
    with pytest.raises(ValidationError):
        Late(number="x")
    assert Late.__pydantic_complete__
    assert issubclass(TaskState, Answer)
    assert TaskState.model_config["defer_build"]


def test_threads_that_use_a_model_for_the_first_time_at_once_all_get_its_own_rules():
    interval = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        with ThreadPoolExecutor(8) as threads:
            for _ in range(30):

                class Parent(Model):
                    name: str

                class Child(Parent):
                    number: int

                found = threads.map(
                    lambda n, kind=Child: kind.model_validate({"name": "a", "number": n}).number,
                    range(8),
                )
                assert list(found) == list(range(8))
    finally:
        sys.setswitchinterval(interval)
