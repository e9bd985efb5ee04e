"""``xray doctor``: what is installed, what is missing, what to type."""

import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import typer
from rich.table import Table

from pipelines.errors import ModelInvalid
from pipelines.models import MANIFEST, read_manifest
from pipelines.registry import TASK_TYPES, TaskType
from xray import terminal
from xray.cloud.artifacts import cached
from xray.cloud.local import emulator_python
from xray.project import ProjectMissing, project_root


@dataclass(frozen=True)
class Finding:
    """One line of the table.

    Attributes:
        name: What was looked for.
        found: What is there; empty if it is missing.
        remedy: What to type, or what does without it.
        essential: Whether the service cannot run here without it.
    """

    name: str
    found: str
    remedy: str
    essential: bool = False


def doctor() -> None:
    """Show what is installed, what is missing, and what to type."""
    try:
        findings = list(examine(project_root()))
    except ProjectMissing as error:
        raise terminal.stop(str(error)) from None
    table = Table(box=None, pad_edge=False)
    for heading in ("", "", "found", "to do"):
        table.add_column(heading, overflow="fold")
    for finding in findings:
        sign = "[green]ok[/]" if finding.found else "[yellow]–[/]"
        if finding.essential and not finding.found:
            sign = "[bold red]missing[/]"
        table.add_row(sign, finding.name, finding.found, "" if finding.found else finding.remedy)
    terminal.console.print(table)
    if any(finding.essential and not finding.found for finding in findings):
        raise typer.Exit(1)


def examine(root: Path) -> Iterator[Finding]:
    """Look at everything.

    Args:
        root: The project's folder.

    Yields:
        The findings, essentials first.
    """
    version = ".".join(map(str, sys.version_info[:3]))
    fits = sys.version_info >= (3, 11)
    yield Finding("Python", version if fits else "", "install Python 3.11 or newer", essential=True)
    python = emulator_python(root)
    yield Finding("local cloud", _emulator(python), "make setup", essential=True)
    for name, task_type in sorted(TASK_TYPES.items()):
        found = _model(task_type, root / "functions/infer/models")
        remedy = f"git checkout functions/infer/models/{name}"
        yield Finding(f"model {name}", found, remedy, essential=True)
    packages = cached(root / "layers/pipelines/requirements.txt", root / "build/packages")
    ready = str(packages) if packages and packages.is_dir() else ""
    yield Finding("layer's packages", ready, "nothing: the first start fetches them")
    torch = importlib.util.find_spec("torch") is not None
    yield Finding("PyTorch", "installed" if torch else "", "make setup-train (to train only)")
    data = os.environ.get("XRAY_DATA", "")
    yield Finding(
        "annotated films", data if data and Path(data).is_dir() else "", "export XRAY_DATA=FOLDER"
    )
    for program, remedy in {
        "docker": "for sam local invoke only",
        "sam": "pip install aws-sam-cli (for sam local invoke and sam deploy only)",
    }.items():
        yield Finding(program, shutil.which(program) or "", remedy)


def _emulator(python: Path) -> str:
    """The emulator's version, or nothing."""
    code = "from importlib.metadata import version; print('ministack', version('ministack'))"
    try:
        done = subprocess.run(
            [str(python), "-c", code], capture_output=True, text=True, check=True, timeout=30
        )
    except (OSError, subprocess.SubprocessError):
        return ""
    return done.stdout.strip()


def _model(task_type: TaskType, models: Path) -> str:
    """The versions of a type's models if they are what their manifests say, or nothing."""
    try:
        task_type.load().setup(models)  # checks hash, shapes and labels of each
    except ModelInvalid:
        return ""
    manifests = sorted((models / task_type.name).rglob(MANIFEST))
    versions = ", ".join(read_manifest(path.parent).version for path in manifests)
    return f"version {versions}, intact"
