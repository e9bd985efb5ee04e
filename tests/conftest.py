"""The cloud that integration tests reach through ``localstack-client``."""

import os
from collections.abc import Callable, Iterator
from typing import Any

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
