"""``xray compare``: differences by hand."""

import json

import pytest
from typer.testing import CliRunner

from xray.cli import app


def write(folder, name, data, **more):
    folder.mkdir(parents=True, exist_ok=True)
    content = {"film": name, "taskType": "ceph", "data": data, "error": None, "models": {}, **more}
    (folder / f"{name}.json").write_text(json.dumps(content))


def ceph(sella, sna, spacing=None):
    return {
        "landmarks": [
            {"name": "Sella", "abbreviation": "S", "x": sella[0], "y": sella[1], "confidence": 0.9}
        ],
        "measurements": {"SNA": sna, "MW": None},
        "image": {"width": 10, "height": 10, "pixelSpacing": spacing},
    }


def compare(tmp_path, *words):
    out = tmp_path / "differences.json"
    result = CliRunner().invoke(
        app, ["compare", *map(str, words), "--json", str(out)], env={"COLUMNS": "200"}
    )
    assert result.exit_code == 0, result.output
    return json.loads(out.read_text()), result


def test_points_measurements_and_films_that_one_side_lacks(tmp_path):
    a, b = tmp_path / "a", tmp_path / "b"
    write(a, "1", ceph((10, 10), 80.0, [0.2, 0.1]), models={"m": "1"})
    write(b, "1", ceph((13, 14), 82.0, [0.2, 0.1]), models={"m": "2"})
    write(a, "2", ceph((10, 10), 80.0))
    write(b, "2", ceph((10, 20), 79.0))
    write(a, "3", ceph((1, 1), 1.0))
    write(b, "4", ceph((1, 1), 1.0))

    differences, result = compare(tmp_path, a, b)

    assert differences["films"] == {"common": 2, "only_a": ["3"], "only_b": ["4"]}
    assert differences["models"] == {"a": ["m 1"], "b": ["m 2"]}
    assert differences["landmarks"] == {
        "S": {
            "n": 2, "mean_px": 7.5, "max_px": 10.0, "worst": "2",
            # √((3 · 0.1)² + (4 · 0.2)²), of the one film whose scale is known
            "mean_mm": 0.854, "max_mm": 0.854,
        }
    }  # fmt: skip
    assert differences["measurements"] == {
        "SNA": {"n": 2, "mean": 0.5, "sd": pytest.approx(2.1213), "max_abs": 2.0, "worst": "1"}
    }
    assert "1 only here: 3" in result.stdout
    assert "7.500" in result.stdout


def test_errors_on_one_side(tmp_path):
    error = {"code": 12003, "message": "not one"}
    for side, failed in (("a", "1"), ("b", "2")):
        for name in ("1", "2"):
            if name == failed:
                write(tmp_path / side, name, None, error=error)
            else:
                write(tmp_path / side, name, ceph((1, 1), 1.0))

    differences, result = compare(tmp_path, tmp_path / "a", tmp_path / "b")

    assert differences["errors"] == {
        "1": {"a": error, "b": None}, "2": {"a": None, "b": error},
    }  # fmt: skip
    assert differences["landmarks"] == {}
    assert "1: 12003 not one in A, read in B" in result.stdout


def test_teeth_whose_status_changes(tmp_path):
    def teeth(*pairs):
        return {"teeth": [{"id": n, "status": s, "confidence": 1} for n, s in pairs]}

    write(tmp_path / "a", "1", teeth((11, "healthy"), (12, "crown"), (13, "healthy")))
    write(tmp_path / "b", "1", teeth((11, "caries"), (12, "crown"), (13, "caries")))

    differences, result = compare(tmp_path, tmp_path / "a", tmp_path / "b")

    assert differences["teeth"]["1"] == [
        {"tooth": 11, "a": "healthy", "b": "caries"},
        {"tooth": 13, "a": "healthy", "b": "caries"},
    ]
    assert differences["changes"] == {"healthy → caries": 2}
    assert "11 healthy → caries" in result.stdout


def test_two_reports_are_compared_whatever_their_films_are_called(tmp_path):
    write(tmp_path / "a", "one", ceph((0, 0), 80.0))
    write(tmp_path / "b", "two", ceph((0, 3), 80.0))

    differences, _ = compare(tmp_path, tmp_path / "a/one.json", tmp_path / "b/two.json")

    assert differences["landmarks"]["S"]["max_px"] == 3
    assert differences["measurements"]["SNA"]["worst"] is None


def test_a_folder_without_reports(tmp_path):
    (tmp_path / "a.json").write_text("[]")
    result = CliRunner().invoke(app, ["compare", str(tmp_path), str(tmp_path)])

    assert result.exit_code == 1
    assert "no report of 'xray analyze' lies in" in result.stderr
