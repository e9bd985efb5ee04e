"""A pipeline's reports are what its description says, and nothing besides."""

import importlib
import subprocess
import sys

import pytest

from pipelines.registry import TASK_TYPES
from tests.template import ROOT

OPTIONS = {"ceph": {"pixelSpacing": 0.1}, "pano": {}}


@pytest.mark.parametrize("name", sorted(TASK_TYPES))
def test_a_report_is_as_described(name: str) -> None:
    task_type = TASK_TYPES[name]
    pipeline = task_type.load()
    pipeline.setup(ROOT / "functions" / "infer" / "models")
    film = importlib.import_module(f"pipelines.{name}.synthetic").draw(seed=3)
    report = pipeline.run(film.jpeg(), OPTIONS[name])
    described = task_type.report_model()
    assert described is not None
    described.model_validate(report.data, extra="forbid")


def test_a_description_costs_no_numpy() -> None:
    code = (
        "import sys; from pipelines.registry import TASK_TYPES;"
        "[task_type.report_model() for task_type in TASK_TYPES.values()];"
        "sys.exit('numpy' in sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)
