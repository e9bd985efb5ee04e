"""Whether a callback is the service's own."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError


class NotGenuine(Exception):
    """Nobody who knows the secret has sent this, or not lately."""


def verify(body: bytes, headers: Mapping[str, str], secrets: str | Sequence[str]) -> dict[str, Any]:
    """Check the signature of a callback, then read it.

    Args:
        body: The bytes as they came; parsed and written again they are others.
        headers: Of the request, however they are capitalised.
        secrets: Yours (``whsec_…``); while it is rotated, the old one and the new one.

    Returns:
        The callback: ``taskId``, ``data``, ``error``, ….

    Raises:
        NotGenuine: No secret fits, a header is missing, or the timestamp is more than five minutes
            off: answer 400 and believe nothing of it.
    """
    for secret in [secrets] if isinstance(secrets, str) else secrets:
        webhook = Webhook(secret)
        try:
            webhook.verify(body, dict(headers), json_parse=False)
        except (WebhookVerificationError, ValueError):  # a header that is no signature at all
            continue
        payload: dict[str, Any] = json.loads(body)
        return payload
    raise NotGenuine("the signature does not fit, or is too old")
