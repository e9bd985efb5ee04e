"""How long a function takes to start, beside ``import boto3``, and how large what is deployed is.

Each start is a fresh process that sees what the function sees where it is deployed: the layer and
what the Lambda runtime brings. The processor's time is told beside the clock's, since on a busy
machine only the former means anything.
"""

import importlib
import importlib.metadata
import io
import json
import os
import re
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from xray.bench.measure import Section, Tell, in_turns
from xray.cloud.artifacts import pack

# What the Lambda runtime brings itself.
_RUNTIME = ("boto3", "botocore", "s3transfer", "jmespath", "dateutil", "six", "urllib3")
_FUNCTIONS = ("submit", "callback", "recover", "authorize")
_ALONE = "import boto3"
_READY = "infer, models loaded"
_SHOWN = 6  # of what fills something; the rest is summed up

# What infer must be told before it loads its models; nothing is called.
_TOLD = {
    **dict.fromkeys(
        ("TASK_TABLE", "FILM_BUCKET", "TASK_QUEUE_URL", "HIGH_TASK_QUEUE_URL", "RESULT_QUEUE_URL"),
        "none",
    ),
    **dict.fromkeys(
        ("QUEUE_PATIENCE_SECONDS", "CALLBACK_PORTS", "MAX_READS", "FETCH_SCHEDULE"), "1"
    ),
    "CALLBACK_REACH": "https",
    "API_URL": "https://none.example",
    "AWS_DEFAULT_REGION": "us-east-1",
}

_PROGRAM = """
import json, sys, time
sys.path[:0] = {paths!r}
before, began, used = set(sys.modules), time.perf_counter(), time.process_time()
{statement}
print(json.dumps(dict(
    ms=(time.perf_counter() - began) * 1000,
    cpu_ms=(time.process_time() - used) * 1000,
    modules=len(set(sys.modules) - before),
)))
"""


def function_paths(root: Path, folder: Path) -> list[str]:
    """Lay out what a zip function has beside its own code: its layer, and the runtime's packages.

    Args:
        root: The project's folder.
        folder: Empty; holds them afterwards.

    Returns:
        What to put at the front of ``sys.path`` of an interpreter that has nothing else.
    """
    layer, runtime = folder / "layer", folder / "runtime"
    archive = pack(root / "layers/pipelines", "python/", root / "build/packages")
    zipfile.ZipFile(io.BytesIO(archive)).extractall(layer)
    runtime.mkdir()
    for name in _RUNTIME:
        file = importlib.import_module(name).__file__
        if file is None:
            raise ImportError(f"{name} is no package of files")
        source = Path(file)
        source = source.parent if source.name == "__init__.py" else source
        (runtime / source.name).symlink_to(source)
    return [str(layer / "python"), str(runtime)]


def measure_startup(root: Path, tell: Tell, *, long: bool) -> Section:
    """Measure starts beside the import of boto3.

    Args:
        root: The project's folder.
        tell: Told what is being done.
        long: Twenty-five rounds instead of eleven.
    """
    section = Section(
        "From nothing to a function that can work",
        ("start", "ms", "CPU ms", "× boto3", "modules"),
    )
    with tempfile.TemporaryDirectory() as folder:
        tell("packing the layer")
        paths = function_paths(root, Path(folder))
        contenders: dict[str, Callable[[], Mapping[str, float]]] = {
            _ALONE: partial(_started, [*paths], "import boto3")
        }
        for name in _FUNCTIONS:
            own = str(root / "functions" / name)
            contenders[f"import {name}"] = partial(_started, [own, *paths], "import app")
        own = str(root / "functions/infer")
        contenders[_READY] = partial(_started, [own], "import app; app.warm_up()", bare=False)
        tell("compiling")
        for start in contenders.values():
            start()
        tell("starting, in turns")
        add_starts(section, in_turns(contenders, 25 if long else 11))
    section.notes.append(
        "Medians of fresh processes; × boto3 by the processor's time. infer starts with this "
        "machine's packages, which are those of its image."
    )
    return section


def add_starts(section: Section, measured: Mapping[str, Mapping[str, float]]) -> None:
    """Add the rows and figures of some starts.

    Args:
        section: What they are added to.
        measured: Name → ``ms``, ``cpu_ms`` and ``modules``; the import of boto3 is among them.
    """
    alone = measured[_ALONE]
    for name, found in measured.items():
        ratio = found["cpu_ms"] / alone["cpu_ms"]
        section.rows.append(
            (
                name,
                f"{found['ms']:.0f}",
                f"{found['cpu_ms']:.0f}",
                f"{ratio:.2f}",
                f"{found['modules']:.0f}",
            )
        )
        section.figures[name] = dict(found) | {"times_boto3": ratio}


def measure_size(root: Path, tell: Tell, *, long: bool) -> Section:  # noqa: ARG001
    """Sum up what is deployed: the layer, and what the image of infer holds beside its base.

    Args:
        root: The project's folder.
        tell: Told what is being done.
        long: Nothing takes longer.
    """
    section = Section("Size of what is deployed", ("what", "of it", "MB"))
    tell("packing the layer")
    archive = zipfile.ZipFile(
        io.BytesIO(pack(root / "layers/pipelines", "python/", root / "build/packages"))
    )
    layer: dict[str, int] = {}
    for entry in archive.infolist():
        if entry.filename.endswith(".pyc"):
            continue  # SAM ships none
        part = entry.filename.split("/")[1]
        layer[part] = layer.get(part, 0) + entry.file_size
    add_sizes(section, "layer, unpacked", layer)
    tell("looking at the packages of infer")
    add_sizes(section, "infer, packages", _packages(root / "functions/infer/requirements.txt"))
    models = root / "functions/infer/models"
    add_sizes(
        section,
        "infer, models",
        {
            file.parent.relative_to(models).as_posix(): file.stat().st_size
            for file in models.rglob("*.onnx")
        },
    )
    section.notes.append(
        "Packages as they are installed here; Lambda allows 250 MB for a function with its layers."
    )
    return section


def add_sizes(section: Section, what: str, sizes: Mapping[str, int]) -> None:
    """Add the rows and figures of something: what fills it, the largest first.

    Args:
        section: What they are added to.
        what: Its name.
        sizes: Part → bytes.
    """
    largest = sorted(sizes.items(), key=lambda part: -part[1])
    shown = dict(largest[:_SHOWN])
    if rest := sum(size for _, size in largest[_SHOWN:]):
        shown["the rest"] = rest
    total = sum(sizes.values())
    for part, size in {"all": total, **shown}.items():
        section.rows.append((what, part, f"{size / 1e6:.1f}"))
    section.figures[what] = {"bytes": total, "by_part": dict(sizes)}


def _started(paths: list[str], statement: str, *, bare: bool = True) -> dict[str, float]:
    # -I and -S: no site-packages, no variables, no current folder.
    isolated = ["-I", "-S"] if bare else []
    program = _PROGRAM.format(paths=paths, statement=statement)
    environment = _TOLD if bare else os.environ | _TOLD
    done = subprocess.run(
        [sys.executable, *isolated, "-c", program],
        env=environment, capture_output=True, text=True, timeout=120, check=True,
    )  # fmt: skip
    found: dict[str, float] = json.loads(done.stdout.splitlines()[-1])
    return found


def _packages(requirements: Path) -> dict[str, int]:
    """Name → bytes of the packages that a locked file names, as far as they are installed here."""
    sizes = {}
    for line in requirements.read_text(encoding="utf-8").splitlines():
        name = re.match(r"[\w.-]+", line)
        if name is None:
            continue
        try:
            files = importlib.metadata.distribution(name[0]).files or []
        except importlib.metadata.PackageNotFoundError:
            continue
        found = [Path(str(file.locate())) for file in files if file.suffix != ".pyc"]
        sizes[name[0]] = sum(file.stat().st_size for file in found if file.is_file())
    return sizes
