"""What is in a packed function or layer, and when packages are installed."""

import io
import subprocess
import sys
import zipfile
from pathlib import Path

import pytest

from tests.template import ROOT
from xray.cloud import artifacts
from xray.cloud.errors import CloudError


@pytest.fixture
def layer(tmp_path: Path) -> Path:
    """A layer's source with everything that lies about in one."""
    folder = tmp_path / "layer"
    (folder / "package/__pycache__").mkdir(parents=True)
    (folder / "package/__init__.py").write_text("x = 1\n")
    (folder / "package/__pycache__/__init__.cpython-311.pyc").write_bytes(b"compiled")
    (folder / "requirements.txt").write_text("# nothing\n\n")
    (folder / "requirements.in").write_text("something\n")
    return folder


@pytest.fixture
def wheel(tmp_path: Path) -> Path:
    """A package that can be installed without a registry."""
    path = tmp_path / "answer-1-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("answer.py", "answer = 42\n")
        archive.writestr(
            "answer-1.dist-info/METADATA", "Metadata-Version: 2.1\nName: answer\nVersion: 1\n"
        )
        archive.writestr(
            "answer-1.dist-info/WHEEL",
            "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n",
        )
        archive.writestr("answer-1.dist-info/RECORD", "")
    return path


def names(archive: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(archive)) as packed:
        return packed.namelist()


def test_only_sources_are_packed(layer: Path, tmp_path: Path) -> None:
    assert names(artifacts.pack(layer, "python/", tmp_path)) == ["python/package/__init__.py"]


def test_the_same_sources_give_the_same_bytes(layer: Path, tmp_path: Path) -> None:
    first = artifacts.pack(layer, "", tmp_path)
    (layer / "package/__init__.py").touch()

    assert artifacts.pack(layer, "", tmp_path) == first


def test_the_layer_carries_both_packages_and_no_weights(tmp_path: Path) -> None:
    packed = names(
        artifacts.pack_linked(ROOT / "layers/pipelines", "python/", ROOT / "build/packages")
    )

    assert {"python/service/__init__.py", "python/pipelines/__init__.py"} <= set(packed)
    assert not [name for name in packed if name.endswith((".onnx", ".pyc", "requirements.txt"))]


def test_required_packages_are_packed(layer: Path, wheel: Path, tmp_path: Path) -> None:
    (layer / "requirements.txt").write_text(f"{wheel}\n")

    packed = names(artifacts.pack(layer, "python/", tmp_path / "cache"))

    assert {"python/answer.py", "python/package/__init__.py"} <= set(packed)


def test_a_linked_archive_leads_to_the_packages(layer: Path, wheel: Path, tmp_path: Path) -> None:
    (layer / "requirements.txt").write_text(f"{wheel}\n")
    target = tmp_path / "unpacked"
    with zipfile.ZipFile(
        io.BytesIO(artifacts.pack_linked(layer, "", tmp_path / "cache"))
    ) as packed:
        packed.extractall(target)

    site = next(target.glob("lib/python*/site-packages"))
    code = f"import site; site.addsitedir({str(site)!r}); import answer; print(answer.answer)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)

    assert done.stdout == "42\n"
    assert not list(target.rglob("answer.py"))


def test_packages_are_installed_once(
    layer: Path, wheel: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (layer / "requirements.txt").write_text(f"{wheel}\n")
    first = artifacts.install(layer / "requirements.txt", tmp_path / "cache")
    monkeypatch.setattr(subprocess, "run", None)  # a second installation would fail

    assert artifacts.install(layer / "requirements.txt", tmp_path / "cache") == first


def test_other_requirements_get_another_folder(layer: Path, tmp_path: Path) -> None:
    file = layer / "requirements.txt"
    file.write_text("one\n")
    one = artifacts.cached(file, tmp_path)
    file.write_text("two\n")

    assert one is not None
    assert artifacts.cached(file, tmp_path) != one


def test_an_interrupted_installation_is_not_taken_for_complete(
    layer: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    file = layer / "requirements.txt"
    file.write_text("something\n")

    def interrupted(command: list[str], **_: object) -> None:
        Path(command[command.index("--target") + 1]).mkdir()
        raise KeyboardInterrupt

    monkeypatch.setattr(subprocess, "run", interrupted)
    with pytest.raises(KeyboardInterrupt):
        artifacts.install(file, tmp_path / "cache")

    assert list((tmp_path / "cache").iterdir()) == []


def test_what_pip_says_is_quoted(layer: Path, tmp_path: Path) -> None:
    (layer / "requirements.txt").write_text("./no-such.whl\n")

    with pytest.raises(CloudError, match=r"(?s)cannot install .*no-such\.whl"):
        artifacts.pack(layer, "", tmp_path / "cache")

    assert list((tmp_path / "cache").iterdir()) == []


def test_a_missing_source_is_told(tmp_path: Path) -> None:
    with pytest.raises(CloudError, match="no such source folder"):
        artifacts.pack(tmp_path / "nothing", "", tmp_path)
