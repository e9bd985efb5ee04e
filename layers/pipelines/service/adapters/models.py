"""Models from where an operator keeps them, brought to where the pipelines can open them.

Pipelines open files and know no network. A folder of models may stand in S3, and a manifest in a
local folder may name a file in S3; both are fetched once per process into a folder of its own.
Whether a file is what its manifest promises is checked where it is opened.
"""

import json
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from botocore.exceptions import ClientError

from service.adapters.aws import answering
from service.errors import FailureCode, FilmFailed

if TYPE_CHECKING:
    from mypy_boto3_s3 import S3Client

_S3 = "s3://"
_MANIFEST = "manifest.json"
_QUANTISED = "quantised"  # the part of a manifest that may name a second file


def local_models(source: str, s3: "S3Client") -> Path:
    """Make sure that every model lies on this machine.

    Args:
        source: A folder, or ``s3://bucket/prefix`` with the same contents.
        s3: Used only if something stands in S3.

    Returns:
        A folder with one folder per task type, in which no manifest names S3.

    Raises:
        FilmFailed: Something that is named is not there (12004).
        Unavailable: S3 does not answer.
    """
    if source.startswith(_S3):
        folder = Path(tempfile.mkdtemp(prefix="models-"))
        _fetch_folder(source, folder, s3)
    else:
        folder = Path(source)
    named = {path: _s3_files(path) for path in sorted(folder.rglob(_MANIFEST))}
    if not any(named.values()):
        return folder
    copy = Path(tempfile.mkdtemp(prefix="models-"))
    for manifest, addresses in named.items():
        _copy_model(manifest, addresses, copy / manifest.parent.relative_to(folder), s3)
    return copy


def _s3_files(manifest: Path) -> list[str]:
    """The S3 addresses that a manifest names; what it says else is not judged here."""
    try:
        document = json.loads(manifest.read_bytes())
        files = [document.get("file"), (document.get(_QUANTISED) or {}).get("file")]
    except (ValueError, TypeError, AttributeError, OSError):
        return []
    return [file for file in files if isinstance(file, str) and file.startswith(_S3)]


def _copy_model(manifest: Path, addresses: Sequence[str], target: Path, s3: "S3Client") -> None:
    target.mkdir(parents=True)
    fetched = {address: address.rpartition("/")[2] for address in addresses}
    own = {_MANIFEST, *fetched.values()} if fetched else set()
    for path in manifest.parent.iterdir():
        if path.is_file() and path.name not in own:
            (target / path.name).symlink_to(path.resolve())
    if not fetched:
        return
    document: dict[str, Any] = json.loads(manifest.read_bytes())
    for entry in (document, document.get(_QUANTISED) or {}):
        if entry.get("file") in fetched:
            entry["file"] = fetched[entry["file"]]
    (target / _MANIFEST).write_text(json.dumps(document))
    for address, name in fetched.items():
        (target / name).write_bytes(_fetch(address, s3))


def _fetch_folder(source: str, folder: Path, s3: "S3Client") -> None:
    bucket, prefix = _split(source.rstrip("/") + "/")
    with answering("models"):
        pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
        keys = [entry["Key"] for page in pages for entry in page.get("Contents", [])]
    for key in keys:
        path = folder / key.removeprefix(prefix)
        if key.endswith("/") or folder not in path.resolve().parents:
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(_fetch(f"{_S3}{bucket}/{key}", s3))


def _fetch(address: str, s3: "S3Client") -> bytes:
    bucket, key = _split(address)
    with answering("models"):
        try:
            return s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        except ClientError as error:
            if error.response.get("Error", {}).get("Code") in {"NoSuchKey", "NoSuchBucket"}:
                raise FilmFailed(
                    FailureCode.MODEL_INVALID, "a model is not where its manifest says"
                ) from None
            raise


def _split(address: str) -> tuple[str, str]:
    parts = urlsplit(address)
    return parts.netloc, parts.path.lstrip("/")
