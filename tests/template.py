"""template.yaml as the tests read it."""

import copy
import functools
import os
from pathlib import Path
from typing import Any
from unittest import mock

from samtranslator.translator.transform import transform
from samtranslator.yaml_helper import yaml_parse

ROOT = Path(__file__).resolve().parent.parent


@functools.cache
def template() -> dict[str, Any]:
    """The template with its short-form functions as dictionaries."""
    parsed: dict[str, Any] = yaml_parse((ROOT / "template.yaml").read_text())
    return parsed


def properties_of(resource: str) -> dict[str, Any]:
    """The properties of a resource, as written."""
    found: dict[str, Any] = template()["Resources"][resource]["Properties"]
    return found


def default_of(parameter: str) -> Any:
    """A parameter's default."""
    return template()["Parameters"][parameter]["Default"]


class _Policies:
    """SAM asks for AWS's managed policies by name; it may know those that it attaches itself."""

    @staticmethod
    def load() -> dict[str, str]:
        basic = "AWSLambdaBasicExecutionRole"
        return {basic: f"arn:aws:iam::aws:policy/service-role/{basic}"}


@functools.cache
def resources(**parameters: str) -> dict[str, Any]:
    """The resources as CloudFormation gets them, after SAM's transform.

    Args:
        parameters: Values other than the defaults.
    """
    source = copy.deepcopy(template())  # the transform writes into what it is given
    for resource in source["Resources"].values():
        properties = resource.setdefault("Properties", {})
        for uri in ("CodeUri", "ContentUri"):
            if uri in properties:
                properties[uri] = "s3://artifacts/code"
        if "Dockerfile" in resource.get("Metadata", {}):
            properties["ImageUri"] = "000000000000.dkr.ecr.us-east-1.amazonaws.com/infer:1"
    with mock.patch.dict(os.environ, AWS_DEFAULT_REGION="us-east-1"):
        transformed: dict[str, Any] = transform(source, parameters, _Policies())
    found: dict[str, Any] = transformed["Resources"]
    return found


def of_type(kind: str, **parameters: str) -> dict[str, Any]:
    """Logical id → properties of every resource of a type."""
    return {n: r["Properties"] for n, r in resources(**parameters).items() if r["Type"] == kind}


def statements() -> list[tuple[str, dict[str, Any]]]:
    """Every statement of a role's own policies, with the role's logical id."""
    return [
        (name, statement)
        for name, role in of_type("AWS::IAM::Role").items()
        for policy in role.get("Policies", [])
        for written in as_list(policy["PolicyDocument"]["Statement"])
        for statement in [written["Fn::If"][1] if "Fn::If" in written else written]
    ]


def on_cpu(value: Any) -> Any:
    """A value as it is with ``InferCompute`` at its default."""
    chosen = value.get("Fn::If") if isinstance(value, dict) else None
    return chosen[2] if chosen and chosen[0] == "OnGpu" else value


def as_list(value: Any) -> list[Any]:
    """What a policy may write as one or as a list."""
    return value if isinstance(value, list) else [value]
