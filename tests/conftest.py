"""The cloud that integration tests reach through ``localstack-client``."""

import functools
import os
from collections.abc import Callable, Iterator
from typing import Any

import botocore.loaders
import pytest
from localstack_client.session import Session

from tests.template import ROOT
from xray.cloud.emulator import Emulator
from xray.cloud.local import emulator_python


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--examples",
        default="10",
        help="How many requests schemathesis makes up for each operation, and ways through them.",
    )


@pytest.fixture(scope="session", autouse=True)
def botocores_data_read_once() -> Iterator[None]:
    """Every session of boto3 reads megabytes of JSON, and moto makes a new one for each test."""
    with pytest.MonkeyPatch.context() as patch:
        once = functools.cache(botocore.loaders.create_loader)
        patch.setattr(botocore.loaders, "create_loader", once)
        yield


@pytest.fixture(scope="session")
def cloud_client(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[str], Any]]:
    """Makes boto3 clients of the cloud that the environment names, else of an embedded one."""
    if os.environ.get("AWS_ENDPOINT_URL") or os.environ.get("LOCALSTACK_HOST"):
        yield Session().client
        return
    emulator = Emulator(emulator_python(ROOT), tmp_path_factory.mktemp("cloud"), port=0)
    emulator.start({})
    try:
        with pytest.MonkeyPatch.context() as patch:
            patch.setenv("AWS_ENDPOINT_URL", emulator.url)
            session = Session()
        yield session.client
    finally:
        emulator.stop()
