"""The headers of a callback, signed as Standard Webhooks prescribes.

https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

from datetime import datetime
from typing import NamedTuple

from standardwebhooks import Webhook

from service import __version__
from service.ports import ClientStore
from service.task import TaskKey
from service.webhook_secrets import WebhookSecrets


class Signer(NamedTuple):
    """Signs with what the clients have agreed upon with the service."""

    secrets: ClientStore[WebhookSecrets]

    def headers(self, key: TaskKey, at: datetime, body: bytes) -> dict[str, str]:
        """What goes with a callback.

        Args:
            key: Of the task, or of whatever else the callback is about.
            at: When the attempt is made, in UTC.
            body: What is sent, UTF-8.

        Returns:
            The headers; a client without a secret gets them without a signature, and one whose
            secret is being rotated with two.

        Raises:
            Unavailable: The secrets cannot be read.
        """
        held = self.secrets.get(key.client)
        text = body.decode()
        secrets = held.good(at) if held else ()
        signatures = [Webhook(secret).sign(key.task_id, at, text) for secret in secrets]
        headers = {
            "Content-Type": "application/json",
            "User-Agent": f"Xray-Inference-Service/{__version__}",
            # The same on every attempt: a receiver tells a repeat by it.
            "webhook-id": key.task_id,
            "webhook-timestamp": str(int(at.timestamp())),
        }
        return headers | ({"webhook-signature": " ".join(signatures)} if signatures else {})
