"""``xray evaluate`` and ``xray train``, as typed."""

import json

import pytest
import typer
from typer.testing import CliRunner

from tests.unit.pipelines.test_ceph_evaluation import write_dataset
from xray import models_commands

app = typer.Typer()
app.command()(models_commands.evaluate)
app.command()(models_commands.train)


@pytest.fixture
def xray(monkeypatch):
    monkeypatch.delenv("XRAY_DATA", raising=False)
    monkeypatch.setenv("COLUMNS", "120")
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def test_evaluate_prints_and_writes_the_figures(xray, tmp_path):
    dataset = write_dataset(tmp_path / "ceph", [4, 5])
    result = xray("evaluate", "ceph", dataset, "--json", tmp_path / "out" / "figures.json")

    assert result.exit_code == 0, result.output
    figures = json.loads((tmp_path / "out" / "figures.json").read_text())
    assert figures["n_films"] == 2
    assert f"{figures['mre_mm']:.2f}" in result.output
    assert "2 films measured, 0 left out" in result.output
    assert {"sd_mm", "sdr", "per_landmark", "version", "held_out", "all"} <= figures.keys()


def test_the_data_set_may_come_from_the_environment(xray, tmp_path, monkeypatch):
    write_dataset(tmp_path / "ceph", [4])
    monkeypatch.setenv("XRAY_DATA", str(tmp_path))

    assert "1 films measured" in xray("evaluate", "ceph").output


def test_evaluate_on_synthetic_films(xray):
    assert "2 films measured" in xray("evaluate", "ceph", "--drawn", 2).output


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (["evaluate", "ceph"], "XRAY_DATA"),
        (["evaluate", "ceph", "nowhere"], "does not exist"),
        (["train", "ceph", "nowhere", "--out", "nowhere"], "does not exist"),
        (["evaluate", "ceph", "--drawn", "1", "--models", "nowhere"], "manifest"),
    ],
)
def test_what_is_missing_is_said(xray, words, says):
    if words[0] == "train":
        pytest.importorskip("onnxscript", reason="training needs the train extra")
    result = xray(*words)

    assert result.exit_code == 2
    assert says in result.output
