"""The functions in Lambda's container, as ``sam local invoke`` runs them.

Asked for by ``XRAY_SAM=1``: it takes minutes, the SAM CLI, Docker and the base images.
"""

import json
import os
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from pipelines.ceph.synthetic import draw
from tests.builders import new_id
from tests.forward import bridge_address, forwarded
from tests.lambda_events import analyze, carried, event
from tests.stack import Stack
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


def sam(*arguments: str | Path) -> str:
    command = ["sam", *map(str, arguments)]
    environment = os.environ | OFFLINE
    done = subprocess.run(
        command, cwd=ROOT, env=environment, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr[-4000:]
    assert "botocore.endpoint" not in done.stderr, "a library logs what it sends"
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What ``sam build`` makes of the template."""
    folder = tmp_path_factory.mktemp("built")
    sam("build", "--build-dir", str(folder), "--skip-pull-image")
    return folder / "template.yaml"


def invoked(built: Path, function: str, event: Path, *options: str | Path) -> dict[str, Any]:
    """What a function answers in its container."""
    answer: dict[str, Any] = json.loads(
        sam("local", "invoke", function, "-e", event, "-t", built, "--skip-pull-image", *options)
    )
    return answer


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
    answer = invoked(built, function, ROOT / "events" / f"{event}.json")
    if expected:
        assert answer["statusCode"] == expected["statusCode"]
    else:
        assert len(answer["batchItemFailures"]) == 1


def test_a_film_goes_from_container_to_container(
    built: Path, cloud_client: Callable[[str], Any], tmp_path: Path
) -> None:
    """Each function in its container, on the cloud of this machine, carried along by the test."""
    stack = Stack(cloud_client)
    variables = tmp_path / "variables.json"
    task_id = new_id()
    # Callbacks may go to this machine, which for a container is the container: nobody is there.
    fields = {"taskId": task_id, "taskType": "ceph", "callbackUrl": "http://127.0.0.1:9/hook"}

    with forwarded(cloud_client("s3").meta.endpoint_url, bridge_address()) as endpoint:
        everyones = stack.environment | {"AWS_ENDPOINT_URL": endpoint}
        variables.write_text(json.dumps({"Parameters": everyones}))

        def run(function: str, carried: dict[str, Any]) -> dict[str, Any]:
            path = tmp_path / f"{function}.json"
            path.write_text(json.dumps(carried))
            override = f"EndpointUrl={endpoint}"
            return invoked(
                built, function, path, "--env-vars", variables, "--parameter-overrides", override
            )

        posted = run("SubmitFunction", analyze(draw(seed=4).jpeg(), **fields))
        assert posted["statusCode"] == 202
        assert run("InferFunction", carried(stack, "tasks")) == {"batchItemFailures": []}
        assert run("CallbackFunction", carried(stack, "results")) == {"batchItemFailures": []}
        asked = event("submit/task") | {"path": f"/api/v1/task/{task_id}"}
        task = json.loads(run("SubmitFunction", asked)["body"])
    assert task["status"] == "completed"
    assert len(task["data"]["landmarks"]) == 19
    assert [one["error"] for one in task["callback"]["attempts"]] == ["no connection"]
