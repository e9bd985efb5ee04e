"""What the OpenAPI document says and what the service does agree, over HTTP."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
import requests
from openapi_spec_validator import validate

from tests.service import Service

_FOLDER = Path(__file__).parent / "openapi"


def test_the_document_is_openapi_and_open_to_all(service: Service) -> None:
    answer = service.request("GET", "/openapi.json")
    assert (answer.status_code, answer.headers["Content-Type"]) == (200, "application/json")
    document = answer.json()
    assert document["openapi"].startswith("3.1")
    validate(document)


def test_the_page_needs_nothing_from_elsewhere(service: Service) -> None:
    answer = service.request("GET", "/docs")
    assert answer.status_code == 200
    assert answer.headers["Content-Type"].startswith("text/html")
    assert "/api/v1/analyze" in answer.text
    assert " src=" not in answer.text.partition("<script>")[0]
    # Its own link leads to the document.
    assert service.request("GET", "/docs?format=json").json()["openapi"]
    assert "<link" not in answer.text.partition("<script>")[0]


@pytest.mark.timeout(900)
def test_behaviour_and_document_agree(
    service: Service, pytestconfig: pytest.Config, tmp_path: Path
) -> None:
    # Explanations of what is not asked are in schemathesis.toml; --examples asks for longer.
    run = subprocess.run(
        [
            Path(sys.executable).with_name("schemathesis"),
            *("--config-file", _FOLDER / "schemathesis.toml"),
            *("run", _without_a_door(service, tmp_path), "--url", service.cloud.api_url),
            *("--max-examples", pytestconfig.getoption("--examples"), "--seed", "1"),
            "--no-color",
        ],
        cwd=tmp_path,  # it keeps a cache where it runs
        env=os.environ
        | {
            "SCHEMATHESIS_HOOKS": str(_FOLDER / "hooks.py"),
            "XRAY_TEST_UPLOAD_ID": _uploaded(service),
            "XRAY_TEST_CALLBACK_URL": service.receiver.url("/of-schemathesis"),
        },
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stdout[-20_000:] + run.stderr
    assert "No issues found" in run.stdout


def _without_a_door(service: Service, folder: Path) -> Path:
    """The document for this cloud, which asks nobody; test_clients.py stands before a door."""
    document = service.request("GET", "/openapi.json").json()
    del document["security"]
    file = folder / "openapi.json"
    file.write_text(json.dumps(document))
    return file


def _uploaded(service: Service) -> str:
    film = b"\x89PNG\r\n\x1a\n and nothing more"
    announced = {"contentType": "image/png", "size": len(film)}
    form = service.request("POST", "/api/v1/uploads", json=announced).json()
    stored = requests.post(form["url"], data=form["fields"], files={"file": film}, timeout=60)
    assert stored.status_code in (200, 204), stored.text
    upload_id: str = form["uploadId"]
    return upload_id
