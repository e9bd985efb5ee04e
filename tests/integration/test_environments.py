"""Each environment of samconfig.toml deploys, all of them side by side on one local cloud."""

import os
import tomllib
from collections.abc import Iterator
from pathlib import Path

import pytest
import requests

from tests.template import ROOT, template
from xray.cloud import deployment
from xray.cloud import template as templates
from xray.cloud.emulator import Emulator
from xray.cloud.local import emulator_python

# What a local cloud does not know: instances with accelerators, and CodeDeploy.
ON_A_LOCAL_CLOUD = {"GradualDeployment": "false"}
CONFIG = tomllib.loads((ROOT / "samconfig.toml").read_text())
ENVIRONMENTS = [name for name, part in CONFIG.items() if "parameter_overrides" in str(part)]


def overrides(environment: str) -> dict[str, str]:
    written = CONFIG[environment]["deploy"]["parameters"]["parameter_overrides"]
    return dict(pair.split("=", 1) for pair in written)


@pytest.fixture(scope="module")
def emulator(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """An empty local cloud."""
    emulator = Emulator(emulator_python(ROOT), tmp_path_factory.mktemp("cloud"), 0)
    nothing = {"AWS_CONFIG_FILE": os.devnull, "AWS_SHARED_CREDENTIALS_FILE": os.devnull}
    emulator.start({"LAMBDA_EXECUTOR": "local"} | nothing)
    yield emulator
    emulator.stop()


def test_there_is_a_set_for_every_environment() -> None:
    assert set(ENVIRONMENTS) == set(template()["Parameters"]["Environment"]["AllowedValues"])
    for environment in ENVIRONMENTS:
        assert overrides(environment)["Environment"] == environment


@pytest.mark.parametrize("environment", ENVIRONMENTS)
def test_an_environment_deploys_and_answers(emulator: Emulator, environment: str) -> None:
    source = templates.load_template(ROOT / "template.yaml")
    templates.set_parameters(source, overrides(environment) | ON_A_LOCAL_CLOUD)
    deployment.upload_sources(source, ROOT, Path(ROOT / "build/packages"), emulator.client)
    name = CONFIG[environment]["global"]["parameters"]["stack_name"]

    stack = deployment.create_stack(source, name, emulator.client)

    assert stack.outputs["Stage"] == environment
    policies = {"FilmBucketPolicy", "QueuePolicy"}
    assert policies & set(stack.resources) == (set() if environment == "local" else policies)
    api = f"{emulator.url}/_aws/execute-api/{stack.outputs['ApiId']}/{environment}"
    answer = requests.get(f"{api}/", timeout=60)
    assert answer.status_code in {200, 401}
