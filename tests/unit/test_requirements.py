"""What runs in Lambda has the versions that the tests ran with."""

import re

import pytest

from tests.template import ROOT


def pins(path: str) -> set[tuple[str, str]]:
    """Name and version; a name has several where newer Pythons need another one."""
    found = re.findall(r"^([\w.-]+)==([^\s;\\]+)", (ROOT / path).read_text(), re.MULTILINE)
    assert found
    return set(found)


@pytest.mark.parametrize(
    "path", ["layers/pipelines/requirements.txt", "functions/infer/requirements.txt"]
)
def test_deployed_versions_are_the_tested_ones(path: str) -> None:
    assert pins(path) - pins("requirements/dev.txt") == set()


def test_the_layer_brings_no_boto3_and_nothing_heavy() -> None:
    heavy = {"boto3", "botocore", "numpy", "onnxruntime", "pillow", "pydicom", "torch"}
    assert not heavy & {name for name, _ in pins("layers/pipelines/requirements.txt")}
