"""The functions' own handlers, over moto, fed with the events of ``events/``."""

from collections.abc import Callable, Iterator
from types import ModuleType

import boto3
import pytest
from moto import mock_aws

from tests.stack import Stack, load_function


@pytest.fixture
def stack(monkeypatch: pytest.MonkeyPatch) -> Iterator[Stack]:
    """The stack in moto, and the environment that names its parts."""
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    monkeypatch.delenv("AWS_ENDPOINT_URL", raising=False)
    with mock_aws():
        stack = Stack(boto3.client)
        for name, value in stack.environment.items():
            monkeypatch.setenv(name, value)
        yield stack


@pytest.fixture
def load(stack: Stack) -> Callable[[str], ModuleType]:
    """Import a function that works on the stack."""
    return load_function
