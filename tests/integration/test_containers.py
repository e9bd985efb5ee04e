"""The functions in Lambda's container, as ``sam local invoke`` runs them.

Asked for by ``XRAY_SAM=1``: it takes minutes, the SAM CLI, Docker and the base images.
"""

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from tests.template import ROOT

pytestmark = [
    pytest.mark.skipif(
        "XRAY_SAM" not in os.environ or not shutil.which("sam") or not shutil.which("docker"),
        reason="asked for by XRAY_SAM=1, with the SAM CLI and Docker",
    ),
    pytest.mark.timeout(900),
]

OFFLINE = {
    "SAM_CLI_TELEMETRY": "0",
    "AWS_DEFAULT_REGION": "us-east-1",
    "AWS_ACCESS_KEY_ID": "test",
    "AWS_SECRET_ACCESS_KEY": "test",
}


def sam(*arguments: str) -> str:
    command = ["sam", *arguments]
    environment = os.environ | OFFLINE
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``sam build`` makes of the template."""
    folder = tmp_path_factory.mktemp("built")
    sam("build", "--build-dir", str(folder), "--skip-pull-image")
    return folder / "template.yaml"


@pytest.mark.parametrize(
    ("function", "event", "expected"),
    [
        ("SubmitFunction", "submit/root", {"statusCode": 200}),
        ("SubmitFunction", "submit/unknown_path", {"statusCode": 404}),
        ("CallbackFunction", "callback/malformed", {}),
        ("InferFunction", "callback/malformed", {}),  # a message that is none, whoever gets it
    ],
)
def test_a_function_answers_in_its_container(
    built: Path, function: str, event: str, expected: dict[str, Any]
) -> None:
    path = str(ROOT / "events" / f"{event}.json")
    answer = json.loads(
        sam("local", "invoke", function, "-e", path, "-t", str(built), "--skip-pull-image")
    )
    if expected:
        assert answer["statusCode"] == expected["statusCode"]
    else:
        assert len(answer["batchItemFailures"]) == 1
