"""The program's answers to what cannot work: one clear line, and a status that says so."""

import json
import os
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from tests.template import ROOT
from xray import submit as submit_module
from xray import up as up_module
from xray.cli import app
from xray.cloud.local import PYTHON_VARIABLE
from xray.doctor import Finding, examine
from xray.receiver import Answer, Receiver


def xray(*arguments: str) -> Result:
    return CliRunner().invoke(app, list(arguments))


def test_help_names_every_command() -> None:
    text = xray("--help").output

    for command in ("up", "submit", "demo", "evaluate", "train", "doctor"):
        assert f" {command} " in text


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("demo", "no-such-film.jpg"), "no such film: no-such-film.jpg"),
        (("demo", "--type", "foot"), "--type must be one of"),
        (("submit", "a.jpg", "--url", "https://api.example.com/v"), "name a --callback"),
    ],
)
def test_what_cannot_work_is_told_before_anything_starts(
    arguments: tuple[str, ...], text: str
) -> None:
    result = xray(*arguments)

    assert result.exit_code == 1
    assert text in result.stderr
    assert result.stdout == ""


def test_submit_tells_each_film_that_failed(tmp_path: Path) -> None:
    (tmp_path / "film.jpg").touch()

    result = xray(
        "submit", f"{tmp_path}/no.jpg", f"{tmp_path}/film.jpg", "--url", "http://127.0.0.1:9"
    )

    assert result.exit_code == 1
    assert "No such file" in result.stderr
    assert "no connection from http://127.0.0.1:9" in result.stderr
    assert "0 of 2 films read" in result.stderr


def test_submit_without_a_service_says_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(submit_module, "running_service", lambda: None)

    result = xray("submit", "film.jpg")

    assert result.exit_code == 1
    assert "type 'xray up'" in result.stderr


def test_a_running_service_is_found_by_its_note(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(up_module, "build_folder", lambda: tmp_path)
    assert up_module.running_service() is None

    (tmp_path / "local-cloud").mkdir()
    note = tmp_path / "local-cloud/up.json"
    note.write_text(json.dumps({"apiUrl": "http://x", "pid": os.getpid()}))
    assert up_module.running_service() == "http://x"

    gone = subprocess.Popen([sys.executable, "-c", ""])
    gone.wait()
    note.write_text(json.dumps({"apiUrl": "http://x", "pid": gone.pid}))
    assert up_module.running_service() is None


@pytest.mark.parametrize(
    ("given", "sent"), [({"XRAY_TOKEN": "mine"}, "Bearer mine"), ({}, "Bearer of-xray-up")]
)
def test_submit_shows_its_token(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, given: dict[str, str], sent: str
) -> None:
    monkeypatch.delenv("XRAY_TOKEN", raising=False)
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    (tmp_path / "film.jpg").touch()
    refusal = {"code": 10007, "message": "Not authorized", "detail": "", "requestId": ""}
    with Receiver() as service:
        service.answer("/api/v1/analyze", Answer(403, json.dumps(refusal).encode()))
        note = {"apiUrl": service.url(""), "token": "of-xray-up", "pid": os.getpid()}
        monkeypatch.setattr(up_module, "build_folder", lambda: tmp_path)
        (tmp_path / "local-cloud").mkdir()
        (tmp_path / "local-cloud/up.json").write_text(json.dumps(note))

        result = xray("submit", f"{tmp_path}/film.jpg")

    assert result.exit_code == 1
    assert "Not authorized (10007)" in result.stderr
    [posted] = service.received
    assert posted.headers["Authorization"] == sent


def test_a_taken_port_is_told() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = str(taken.getsockname()[1])

        result = xray("up", "--port", port)

    assert result.exit_code == 1
    assert f"port {port} is taken" in result.stderr


def test_a_missing_emulator_says_what_to_type(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(PYTHON_VARIABLE, "/no/such/python")

    result = xray("demo")

    assert result.exit_code == 1
    assert "make setup" in result.stderr


def findings(root: Path) -> dict[str, Finding]:
    return {finding.name: finding for finding in examine(root)}


def test_doctor_finds_the_essentials_of_this_checkout() -> None:
    result = xray("doctor")

    assert result.exit_code == 0, result.stderr
    found = findings(ROOT)
    assert found["local cloud"].found.startswith("ministack ")
    assert found["model ceph"].found.endswith("intact")


def test_doctor_says_what_to_type_where_something_is_missing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv(PYTHON_VARIABLE, "/no/such/python")

    result = xray("doctor")

    assert result.exit_code == 1
    assert "make setup" in result.stderr


def test_doctor_sees_a_model_that_was_changed(tmp_path: Path) -> None:
    source = ROOT / "functions/infer/models/ceph"
    target = tmp_path / "functions/infer/models/ceph"
    shutil.copytree(source, target)
    assert findings(tmp_path)["model ceph"].found

    for weights in target.glob("*.onnx"):
        content = weights.read_bytes()
        weights.write_bytes(content[:-1] + bytes([content[-1] ^ 1]))

    model: Any = findings(tmp_path)["model ceph"]
    assert not model.found
    assert model.essential
