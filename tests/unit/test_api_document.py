"""docs/api.md, the OpenAPI document and the errors of the code say the same."""

import json
import re

import pytest

from service.bootstrap.submit import describe
from service.errors import FailureCode, ServiceError
from tests.stack import load_function
from tests.template import ROOT

MANUAL = (ROOT / "docs" / "api.md").read_text()


@pytest.fixture(scope="module")
def document() -> dict:
    return json.loads(describe(load_function("submit").http.operations))


def described(document: dict) -> set[tuple[str, str]]:
    return {
        (method.upper(), path) for path, methods in document["paths"].items() for method in methods
    }


def test_every_call_of_the_manual_is_described_and_the_other_way_round(document: dict) -> None:
    rows = re.findall(r"^\| (`(?:GET|POST|DELETE) /.*?`) \|", MANUAL, re.MULTILINE)
    calls = [call for row in rows for call in re.findall(r"(GET|POST|DELETE) (/[^?`]*)", row)]
    assert len(calls) == len(set(calls))
    assert set(calls) == described(document)


def kinds_of(error: type[ServiceError]) -> list[type[ServiceError]]:
    return [one for kind in error.__subclasses__() for one in (kind, *kinds_of(kind))]


def test_every_error_is_in_the_manual_and_the_other_way_round() -> None:
    rows = re.findall(r"^\| (1\d{4}) \| (.*?) \|", MANUAL, re.MULTILINE)
    assert len(rows) == len(dict(rows))
    ours = {str(error.code) for error in kinds_of(ServiceError)} | {
        str(int(code)) for code in FailureCode
    }
    assert ours == set(dict(rows))


def test_every_error_is_described_with_its_status(document: dict) -> None:
    told = {
        (int(code), status)
        for methods in document["paths"].values()
        for operation in methods.values()
        for status, answer in operation["responses"].items()
        for code in re.findall(r"\b1\d{4}\b", answer["description"])
    }
    # A method that is not served belongs to no operation.
    served = {(e.code, str(e.http_status)) for e in kinds_of(ServiceError) if e.http_status != 405}
    assert told == served
    schemas = document["components"]["schemas"]
    assert set(schemas["Failure"]["properties"]["code"]["enum"]) == set(FailureCode)


def test_reports_are_described(document: dict) -> None:
    for name in ("TaskState", "CallbackPayload"):
        data = document["components"]["schemas"][name]["properties"]["data"]
        assert {"$ref": "#/components/schemas/CephReport"} in data["anyOf"]
        assert {"$ref": "#/components/schemas/PanoReport"} in data["anyOf"]


def test_what_is_only_for_python_stays_out_of_the_texts(document: dict) -> None:
    texts = re.findall(r'"(?:summary|description)": "(.*?)"', json.dumps(document))
    assert [text for text in texts if "``" in text or ":class:" in text] == []
