"""Packing functions and layers as ``sam build`` would, without Docker or the SAM CLI."""

import compileall
import hashlib
import io
import py_compile
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Mapping
from pathlib import Path

from xray.cloud.errors import CloudError

_NOT_SHIPPED = ("Makefile", "requirements.txt", "requirements.in")


def pack(folder: Path, prefix: str, cache: Path) -> bytes:
    """Pack a folder with the packages that its ``requirements.txt`` names.

    Args:
        folder: Source of a function or layer.
        prefix: Folder inside the archive, such as ``python/``.
        cache: Where installed packages are kept from one run to the next.

    Returns:
        A zip archive; the same sources give the same bytes.

    Raises:
        CloudError: The folder is missing, or its requirements cannot be installed.
    """
    installed = install(folder / "requirements.txt", cache)
    packages = _tree(installed, prefix) if installed else {}
    return _zip(packages | _sources(folder, prefix))


def pack_linked(folder: Path, prefix: str, cache: Path) -> bytes:
    """Pack like :func:`pack`, but with a pointer to the installed packages instead of a copy.

    Every function process of the emulator unpacks its layer anew: a thousand files for each of a
    dozen processes cost more than all else that a start does. It treats a layer's
    ``lib/python*/site-packages`` as a site directory, as Lambda does, so a ``.pth`` file may point.

    Args:
        folder: Source of a function or layer.
        prefix: Folder inside the archive, such as ``python/``.
        cache: Where installed packages are kept from one run to the next.

    Returns:
        A zip archive that is good for this machine only.

    Raises:
        CloudError: The folder is missing, or its requirements cannot be installed.
    """
    installed = install(folder / "requirements.txt", cache)
    pointer = {}
    if installed:
        site = f"{prefix}lib/python{sys.version_info.major}.{sys.version_info.minor}/site-packages"
        # At the front: before packages of the same name that the emulator itself uses.
        line = f"import sys; sys.path.insert(0, {str(installed)!r})\n"
        pointer[f"{site}/packages.pth"] = line.encode()
    return _zip(pointer | _sources(folder, prefix))


def install(requirements: Path, cache: Path) -> Path | None:
    """Install packages into a folder of the cache, unless they are there.

    Args:
        requirements: A requirements file; it may be missing or empty.
        cache: The folder of such folders.

    Returns:
        The folder, or ``None`` if nothing is required.

    Raises:
        CloudError: pip fails; the text quotes it.
    """
    target = cached(requirements, cache)
    if target is None or target.is_dir():
        return target
    cache.mkdir(parents=True, exist_ok=True)
    # Complete or absent: an interrupted installation never gets the final name.
    with tempfile.TemporaryDirectory(dir=cache, ignore_cleanup_errors=True) as scratch:
        fresh = Path(scratch, "packages")
        command = [sys.executable, "-m", "pip", "install", "--quiet", "--no-compile"]
        options = ["--disable-pip-version-check", "--target", str(fresh), "-r", str(requirements)]
        done = subprocess.run([*command, *options], capture_output=True, text=True, check=False)
        if done.returncode:
            raise CloudError(f"cannot install {requirements}:\n{done.stderr.strip()[-2000:]}")
        # Unchecked: every function process unpacks its own copy, with its own file times.
        compileall.compile_dir(
            fresh, quiet=2, invalidation_mode=py_compile.PycInvalidationMode.UNCHECKED_HASH
        )
        if not target.is_dir():
            fresh.rename(target)
    return target


def cached(requirements: Path, cache: Path) -> Path | None:
    """Where :func:`install` puts these packages, whether they are there or not.

    Args:
        requirements: A requirements file; it may be missing or empty.
        cache: The folder of such folders.

    Returns:
        The folder, or ``None`` if nothing is required.
    """
    if not requirements.is_file():
        return None
    text = requirements.read_text(encoding="utf-8")
    if not any(line.strip() and not line.lstrip().startswith("#") for line in text.splitlines()):
        return None
    # Compiled packages fit one interpreter on one system only.
    key = f"{text}\n{sys.version}\n{sys.platform}"
    return cache / hashlib.sha256(key.encode()).hexdigest()[:16]


def _sources(folder: Path, prefix: str) -> dict[str, bytes]:
    if not folder.is_dir():
        raise CloudError(f"no such source folder: {folder}")
    return {
        name: content
        for name, content in _tree(folder, prefix).items()
        if "__pycache__/" not in name and Path(name).name not in _NOT_SHIPPED
    }


def _tree(folder: Path, prefix: str) -> dict[str, bytes]:
    return {
        prefix + path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


def _zip(entries: Mapping[str, bytes]) -> bytes:
    archive = io.BytesIO()
    # Stored, not deflated: it travels over loopback only.
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_STORED) as target:
        for name, content in entries.items():
            # A ZipInfo has a fixed date: the bytes depend on the sources alone.
            target.writestr(zipfile.ZipInfo(name), content)
    return archive.getvalue()
