"""Reports on disk: one JSON file a film, as ``xray analyze`` writes and others read them."""

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

SUFFIX = ".json"
OVERLAY_SUFFIX = ".overlay.jpg"
ARTEFACT_INFIX = ".artefact-"  # before the name of what else a pipeline made
_LONGEST_NAME = 200  # bytes; file systems allow 255, and suffixes follow


class ResultsInvalid(ValueError):
    """A file or folder holds no reports."""


@dataclass(frozen=True)
class Result:
    """What was read on one film.

    Attributes:
        film: The film's name, relative to the folder that was analysed.
        task_type: What it was taken for.
        data: The report; None where the film was not read.
        error: ``code`` and ``message`` where it was not.
        models: Name of each model that served → its version.
        provider: What the models ran on.
        identity: What the result follows from, by name: hashes of the film and of the models'
            manifests, and the options; the same identity gives the same result.
    """

    film: str
    task_type: str
    data: Mapping[str, Any] | None
    error: Mapping[str, Any] | None
    models: Mapping[str, str] = field(default_factory=dict)
    provider: str | None = None
    identity: Mapping[str, Any] = field(default_factory=dict)

    def document(self) -> dict[str, Any]:
        """The result as JSON."""
        return {
            "film": self.film,
            "taskType": self.task_type,
            "data": self.data,
            "error": self.error,
            "models": dict(self.models),
            "provider": self.provider,
            "identity": dict(self.identity),
        }


def read_result(path: Path) -> Result:
    """Read a report.

    Raises:
        ResultsInvalid: The file is missing or no report.
    """
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        return Result(
            film=content.get("film") or path.name.removesuffix(SUFFIX),
            task_type=content.get("taskType", ""),
            data=content["data"],
            error=content["error"],
            models=content.get("models") or {},
            provider=content.get("provider"),
            identity=content.get("identity") or {},
        )
    except OSError as error:
        raise ResultsInvalid(f"{path} cannot be read: {error.strerror}") from error
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ResultsInvalid(f"{path} is no report of 'xray analyze'") from None


def read_results(path: Path) -> dict[str, Result]:
    """Read the reports of a folder and the folders in it, or one report.

    Args:
        path: The folder, or the file of one report.

    Returns:
        Film → result. Other JSON files of a folder are passed over.

    Raises:
        ResultsInvalid: There is none.
    """
    if not path.is_dir():
        result = read_result(path)
        return {result.film: result}
    results = {}
    for file in sorted(path.rglob(f"*{SUFFIX}")):
        try:
            result = read_result(file)
        except ResultsInvalid:
            continue
        results[result.film] = result
    if not results:
        raise ResultsInvalid(f"no report of 'xray analyze' lies in {path}")
    return results


def result_file(out: Path, name: Path, suffix: str) -> Path:
    """Where a film's report or overlay goes.

    Args:
        out: The folder of the results.
        name: The film, relative to the folder that was analysed.
        suffix: :data:`SUFFIX`, :data:`OVERLAY_SUFFIX`, or that of an artefact.
    """
    last = os.fsencode(name.name)
    if len(last) > _LONGEST_NAME:
        short = last[:_LONGEST_NAME].decode("utf-8", "ignore")
        name = name.with_name(f"{short}~{hashlib.sha256(last).hexdigest()[:8]}")
    return out / name.parent / f"{name.name}{suffix}"


def write_whole(path: Path, content: bytes) -> None:
    """Write a file that is never seen half written."""
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.part")
    half.write_bytes(content)
    half.replace(path)


def write_result(path: Path, result: Result) -> None:
    """Write a report."""
    text = json.dumps(result.document(), indent=2, ensure_ascii=False)
    write_whole(path, (text + "\n").encode())


def measurements(data: Mapping[str, Any] | None) -> dict[str, float | None]:
    """Every measured number of a report by its name, that of its analysis before it."""
    values = dict((data or {}).get("measurements") or {})
    for analysis in (data or {}).get("analyses") or ():
        for one in analysis["measurements"]:
            values[f"{analysis['name']} {one['name']}"] = one["value"]
    return values


def in_words(finding: Mapping[str, Any]) -> str:
    """A finding, such as ``caries tooth_21 mild``."""
    words = (finding["type"], finding.get("location"), finding.get("severity"))
    return " ".join(word for word in words if word)
