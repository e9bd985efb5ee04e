"""The layer as it is deployed, imported where nothing else is installed.

The local cloud runs the functions on an interpreter that has much installed already: a package
missing from the layer would go unnoticed there, and on AWS be found by the first client.
"""

import subprocess
import sys
from importlib.util import cache_from_source
from pathlib import Path

import pytest

from tests.template import ROOT
from xray.bench.startup import function_paths


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> list[str]:
    """The paths of a function's environment: the unpacked layer, and the runtime's packages."""
    return function_paths(ROOT, tmp_path_factory.mktemp("function"))


@pytest.mark.parametrize("function", ["submit", "callback", "recover", "authorize"])
def test_a_function_is_whole_with_its_layer_and_stays_light(
    clean: list[str], function: str
) -> None:
    program = f"""
import sys
from importlib.util import cache_from_source
from pathlib import Path
sys.path[:0] = {[*clean, str(ROOT / "functions" / function)]!r}
import app
import importlib
environment = dict.fromkeys(
    ("TASK_TABLE", "FILM_BUCKET", "TASK_QUEUE_URL", "HIGH_TASK_QUEUE_URL", "RESULT_QUEUE_URL",
     "WEBHOOK_SECRET_TABLE", "CLIENT_TABLE", "CALLBACK_FUNCTION"), "x"
) | dict.fromkeys(
    ("QUEUE_PATIENCE_SECONDS", "UNSENT_GRACE_SECONDS", "TASK_TTL_SECONDS",
     "WORKER_SILENCE_SECONDS", "INFER_MAX_CONCURRENCY", "HIGH_MAX_CONCURRENCY",
     "CALLBACK_SCHEDULE", "CALLBACK_PORTS", "MAX_READS",
     "TASK_LETTERS_ARN", "HIGH_TASK_LETTERS_ARN", "RESULT_LETTERS_ARN",
     "CLIENT_TASKS_PER_MINUTE", "MAX_QUEUED_TASKS"), "1"
) | {{"CALLBACK_REACH": "https", "AUTH_MODE": "token"}}
build = dict(submit="build_api", callback="build_deliver", recover="build_dead_letters",
             authorize="build_authorize")[{function!r}]
getattr(importlib.import_module("service.bootstrap.{function}"), build)(environment)
heavy = {{"numpy", "PIL", "onnxruntime", "pydicom", "torch"}} & set(sys.modules)
assert not heavy, heavy
"""
    # -I and -S: no site-packages, no variables, no current folder.
    done = subprocess.run(
        [sys.executable, "-I", "-S", "-c", program],
        env={"AWS_DEFAULT_REGION": "us-east-1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


# Modules of boto3 alone, times this. Counted and not timed: a count is the same on every machine.
# Most of it is botocore with its own packages; the logger of Powertools and what is our own are a
# tenth each.
BUDGET = 1.15


@pytest.mark.parametrize("function", ["submit", "callback", "recover", "authorize"])
def test_a_function_imports_little_more_than_boto3(clean: list[str], function: str) -> None:
    alone = modules(clean, "import boto3")
    own = f"sys.path.insert(0, {str(ROOT / 'functions' / function)!r}); import app"
    assert alone > 200
    assert modules(clean, own) <= BUDGET * alone


def modules(paths: list[str], statement: str) -> int:
    """How many modules a statement brings in."""
    program = f"""
import sys
from importlib.util import cache_from_source
from pathlib import Path
sys.path[:0] = {paths!r}
before = set(sys.modules)
{statement}
print(len(set(sys.modules) - before))
"""
    command = [sys.executable, "-I", "-S", "-c", program]
    region = {"AWS_DEFAULT_REGION": "us-east-1"}
    done = subprocess.run(command, env=region, capture_output=True, text=True, check=True)
    return int(done.stdout)


def test_the_layer_carries_the_values_of_every_module(clean: list[str]) -> None:
    source = ROOT / "layers/pipelines"
    files = [path.relative_to(source) for path in source.rglob("*/modules/*/config.toml")]
    assert files
    assert [name for name in files if not Path(clean[0], name).is_file()] == []


def test_the_layer_that_is_deployed_has_its_bytecode(tmp_path: Path) -> None:
    """Nothing can be written beside a layer: what is not compiled would be at every start."""
    command = ["make", "-s", "-C", str(ROOT / "layers" / "pipelines"), "build-PipelinesLayer"]
    subprocess.run([*command, f"ARTIFACTS_DIR={tmp_path}", f"PYTHON={sys.executable}"], check=True)
    sources = list(tmp_path.rglob("*.py"))
    assert {"service", "pipelines", "pydantic"} < {path.parent.name for path in sources}
    assert [path for path in sources if not Path(cache_from_source(path)).is_file()] == []
