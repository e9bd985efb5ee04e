"""What must happen to a SAM template, in memory, before a local cloud can take it.

The file itself stays as it is: the same text is deployed to AWS.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from xray.cloud.errors import CloudError

# ECR-shaped, as the transform wants it; never pulled.
_NO_IMAGE = "000000000000.dkr.ecr.us-east-1.amazonaws.com/local:none"

Template = dict[str, Any]
Pack = Callable[[Path, str], str]


def load_template(path: Path) -> Template:
    """Read a template with its intrinsic functions.

    Args:
        path: A SAM template in YAML.

    Raises:
        CloudError: There is none.
    """
    from samtranslator.yaml_helper import yaml_parse

    if not path.is_file():
        raise CloudError(f"no template: {path}")
    template: Template = yaml_parse(path.read_text(encoding="utf-8"))
    return template


def set_parameters(template: Template, values: Mapping[str, str]) -> None:
    """Override parameters, as defaults: the emulator's transform sees nothing else.

    Args:
        template: Changed in place.
        values: Name → value.

    Raises:
        CloudError: The template has no such parameter.
    """
    for name, value in values.items():
        if name not in template.get("Parameters", {}):
            raise CloudError(f"the template has no parameter {name}")
        template["Parameters"][name]["Default"] = value


def set_sources(template: Template, root: Path, pack: Pack) -> None:
    """Point every function and layer to its packed source.

    Args:
        template: Changed in place.
        root: The folder that the template's paths start from.
        pack: Packs a folder under a prefix inside the archive and returns the archive's address.
    """
    for resource in template["Resources"].values():
        properties = resource.get("Properties", {})
        if resource["Type"] == "AWS::Serverless::Function" and "CodeUri" not in properties:
            properties.setdefault("ImageUri", _NO_IMAGE)
        elif resource["Type"] == "AWS::Serverless::Function":
            properties["CodeUri"] = pack(root / properties["CodeUri"], "")
        elif resource["Type"] == "AWS::Serverless::LayerVersion":
            properties["ContentUri"] = pack(root / properties["ContentUri"], "python/")


def container_handlers(template: Template, root: Path) -> dict[str, Path]:
    """The handler files of the container functions, which stand beside their Dockerfiles.

    Args:
        template: The template.
        root: The folder that the template's paths start from.

    Returns:
        Logical id of the function → file.
    """
    return {
        name: (
            root / resource["Metadata"]["DockerContext"] / resource["Metadata"]["Dockerfile"]
        ).parent
        / "app.py"
        for name, resource in template["Resources"].items()
        if "Dockerfile" in resource.get("Metadata", {})
    }


def gateway_responses(template: Template) -> dict[str, Mapping[str, Any]]:
    """The answers that the APIs' gateways give by themselves.

    Args:
        template: The template.

    Returns:
        Logical id of the API → its ``GatewayResponses`` and the headers that conditions let in.

    Raises:
        CloudError: A condition is more than this can tell.
    """
    return {
        name: {kind: _with_headers(response, template) for kind, response in responses.items()}
        for name, resource in template["Resources"].items()
        if (responses := resource.get("Properties", {}).get("GatewayResponses"))
        and resource["Type"] == "AWS::Serverless::Api"
    }


def _with_headers(response: Mapping[str, Any], template: Template) -> dict[str, Any]:
    headers = response.get("ResponseParameters", {}).get("Headers", {})
    chosen = {name: _chosen(value, template) for name, value in headers.items()}
    return {**response, "Headers": {n: v for n, v in chosen.items() if isinstance(v, str)}}


def _chosen(value: Any, template: Template) -> Any:
    if not isinstance(value, dict) or "Fn::If" not in value:
        return value
    condition, met, unmet = value["Fn::If"]
    return met if _holds(template["Conditions"][condition], template) else unmet


def _holds(condition: Mapping[str, Any], template: Template) -> bool:
    [(function, arguments)] = condition.items()
    if function == "Fn::Not":
        return not _holds(arguments[0], template)
    if function == "Fn::Equals":
        one, other = (
            template["Parameters"][side["Ref"]]["Default"] if isinstance(side, dict) else side
            for side in arguments
        )
        return bool(one == other)
    raise CloudError(f"a condition of the gateway's answers has {function}")
