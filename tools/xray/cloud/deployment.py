"""Deploying a template to the emulator through CloudFormation."""

import hashlib
import json
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from xray.cloud import artifacts
from xray.cloud import template as templates
from xray.cloud.errors import CloudError

_BUCKET = "artifacts"
_TIMEOUT_S = 60

ClientOf = Callable[[str], Any]


@dataclass(frozen=True)
class Stack:
    """What stands after a deployment.

    Attributes:
        outputs: Output key → value.
        resources: Logical id → physical id.
    """

    outputs: Mapping[str, str]
    resources: Mapping[str, str]


def upload_sources(
    template: templates.Template, root: Path, cache: Path, client_of: ClientOf
) -> None:
    """Pack and upload every function's and layer's source.

    Args:
        template: Changed in place: its paths become addresses.
        root: The folder that the template's paths start from.
        cache: Where installed packages are kept from one run to the next.
        client_of: Gives the boto3 client of a service.

    Raises:
        CloudError: A source cannot be packed.
    """
    s3 = client_of("s3")
    s3.create_bucket(Bucket=_BUCKET)

    def pack(folder: Path, prefix: str) -> str:
        archive = artifacts.pack_linked(folder, prefix, cache)
        key = hashlib.sha256(archive).hexdigest()
        s3.put_object(Bucket=_BUCKET, Key=key, Body=archive)
        return f"s3://{_BUCKET}/{key}"

    templates.set_sources(template, root, pack)


def create_stack(template: templates.Template, name: str, client_of: ClientOf) -> Stack:
    """Create a stack and wait until it stands.

    Args:
        template: With uploaded sources.
        name: The stack's name.
        client_of: Gives the boto3 client of a service.

    Raises:
        CloudError: The stack is refused; the text says which resource and why.
    """
    s3, cloudformation = client_of("s3"), client_of("cloudformation")
    key = f"{name}.json"
    # Uploaded: a template in the request itself may not exceed 51,200 bytes.
    s3.put_object(Bucket=_BUCKET, Key=key, Body=json.dumps(template, default=str))
    cloudformation.create_stack(
        StackName=name,
        TemplateURL=f"{s3.meta.endpoint_url}/{_BUCKET}/{key}",
        Capabilities=["CAPABILITY_NAMED_IAM", "CAPABILITY_AUTO_EXPAND"],
    )
    stack = _settled(cloudformation, name)
    if stack["StackStatus"] != "CREATE_COMPLETE":
        raise CloudError(f"the template was refused: {_reason(cloudformation, name, stack)}")
    resources = {
        resource["LogicalResourceId"]: resource["PhysicalResourceId"]
        for resource in cloudformation.describe_stack_resources(StackName=name)["StackResources"]
    }
    outputs = {o["OutputKey"]: o["OutputValue"] for o in stack.get("Outputs", [])}
    _put_gateway_responses(templates.gateway_responses(template), resources, client_of)
    return Stack(outputs, resources)


def _settled(cloudformation: Any, name: str) -> dict[str, Any]:
    deadline = time.monotonic() + _TIMEOUT_S
    while True:
        stack: dict[str, Any] = cloudformation.describe_stacks(StackName=name)["Stacks"][0]
        if not stack["StackStatus"].endswith("_IN_PROGRESS"):
            return stack
        if time.monotonic() > deadline:
            raise CloudError(f"the stack is still {stack['StackStatus']} after {_TIMEOUT_S} s")
        time.sleep(0.1)


def _reason(cloudformation: Any, name: str, stack: Mapping[str, Any]) -> str:
    events = cloudformation.describe_stack_events(StackName=name)["StackEvents"]
    failed = (
        f"{event['LogicalResourceId']}: {event['ResourceStatusReason']}"
        for event in events
        if event["ResourceStatus"].endswith("_FAILED") and event.get("ResourceStatusReason")
    )
    return next(failed, stack.get("StackStatusReason", stack["StackStatus"]))


def _put_gateway_responses(
    wanted: Mapping[str, Mapping[str, Any]], resources: Mapping[str, str], client_of: ClientOf
) -> None:
    """Give the gateways their own answers, which the emulator's transform leaves out."""
    gateway = client_of("apigateway")
    for name, responses in wanted.items():
        api = resources[name]
        for kind, response in responses.items():
            status = {"statusCode": str(response["StatusCode"])} if "StatusCode" in response else {}
            gateway.put_gateway_response(
                restApiId=api,
                responseType=kind,
                responseTemplates=response.get("ResponseTemplates", {}),
                responseParameters={
                    f"gatewayresponse.header.{header}": value
                    for header, value in response["Headers"].items()
                },
                **status,
            )
        for stage in gateway.get_stages(restApiId=api)["item"]:
            gateway.create_deployment(restApiId=api, stageName=stage["stageName"])
