"""What a template goes through, in memory, before the local cloud takes it."""

from pathlib import Path

import pytest

from tests.template import ROOT
from xray.cloud.errors import CloudError
from xray.cloud.template import (
    container_handlers,
    gateway_responses,
    load_template,
    set_parameters,
    set_sources,
)


def test_short_form_functions_are_read() -> None:
    template = load_template(ROOT / "template.yaml")

    assert template["Outputs"]["Stage"]["Value"] == {"Ref": "Environment"}


def test_a_missing_template_is_told(tmp_path: Path) -> None:
    with pytest.raises(CloudError, match="no template"):
        load_template(tmp_path / "template.yaml")


def test_parameters_become_defaults() -> None:
    template = load_template(ROOT / "template.yaml")

    set_parameters(template, {"MaxReads": "7"})

    assert template["Parameters"]["MaxReads"]["Default"] == "7"
    assert template["Parameters"]["LogLevel"]["Default"] == "INFO"


def test_a_parameter_that_is_not_there_is_refused() -> None:
    with pytest.raises(CloudError, match="no parameter MaxRead$"):
        set_parameters({"Parameters": {"MaxReads": {}}}, {"MaxRead": "7"})


def test_every_source_of_the_real_template_is_packed() -> None:
    template = load_template(ROOT / "template.yaml")
    packed: dict[Path, str] = {}

    def pack(folder: Path, prefix: str) -> str:
        packed[folder] = prefix
        return f"s3://bucket/{len(packed)}"

    set_sources(template, ROOT, pack)

    assert packed == {
        ROOT / "layers/pipelines": "python/",
        ROOT / "functions/authorize": "",
        ROOT / "functions/submit": "",
        ROOT / "functions/authorize": "",
        ROOT / "functions/callback": "",
        ROOT / "functions/recover": "",
    }
    resources = template["Resources"]
    assert resources["PipelinesLayer"]["Properties"]["ContentUri"].startswith("s3://")
    assert resources["SubmitFunction"]["Properties"]["CodeUri"].startswith("s3://")
    assert "ImageUri" in resources["InferFunction"]["Properties"]


def test_the_container_function_is_served_from_the_handler_beside_its_dockerfile() -> None:
    handlers = container_handlers(load_template(ROOT / "template.yaml"), ROOT)

    assert handlers == {"InferFunction": ROOT / "functions/infer/app.py"}
    assert handlers["InferFunction"].is_file()


def test_the_gateways_own_answers_are_found() -> None:
    responses = gateway_responses(load_template(ROOT / "template.yaml"))

    assert set(responses) == {"Api"}
    assert "DEFAULT_5XX" in responses["Api"]


def test_their_headers_are_those_whose_condition_holds() -> None:
    template = load_template(ROOT / "template.yaml")
    assert gateway_responses(template)["Api"]["THROTTLED"]["Headers"] == {"Retry-After": "'1'"}
    set_parameters(template, {"CorsOrigins": "https://app.example"})
    for kind, response in gateway_responses(template)["Api"].items():
        origin = response["Headers"]["Access-Control-Allow-Origin"]
        assert origin == "method.request.header.Origin", kind
