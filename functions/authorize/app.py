"""The doorkeeper: API Gateway asks it who may come in, and remembers the answer for a while."""

import functools
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from service.bootstrap.authorize import build_authorize

logger = Logger()
authorize = functools.cache(build_authorize)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    """Say whether a request may pass, and whose it is.

    Whoever may not is denied and not raised upon: the gateway remembers a denial, and a wrong token
    is no failure of this function.

    Args:
        event: A request authorizer's, of a REST API.
        context: Lambda's context.
    """
    headers = {name.lower(): value for name, value in (event.get("headers") or {}).items()}
    caller = authorize()(headers.get("authorization") or "")
    if caller is None:
        logger.info("denied")
        return _answer("nobody", "Deny", event)
    return _answer(caller.client, "Allow", event) | {"context": caller.as_context()}


def _answer(principal: str, effect: str, event: dict[str, Any]) -> dict[str, Any]:
    # For every method of the stage: the gateway gives a remembered answer to other methods too.
    api, stage, *_ = event["methodArn"].split("/")
    statement = {
        "Effect": effect,
        "Action": "execute-api:Invoke",
        "Resource": f"{api}/{stage}/*",
    }
    return {
        "principalId": principal,
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement]},
    }
