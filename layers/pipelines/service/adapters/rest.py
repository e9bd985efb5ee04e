"""API Gateway's proxy events (REST, version 1.0), and the answers to them."""

import base64
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from service.errors import InvalidRequest
from service.operations import JSON


class Request(NamedTuple):
    """What a client asks.

    Attributes:
        event: As the gateway hands it over: the path is decoded, and under no stage.
    """

    event: Mapping[str, Any]

    @property
    def method(self) -> str:
        """In capitals."""
        method: str = self.event["httpMethod"]
        return method.upper()

    @property
    def path(self) -> str:
        """Without the slashes at its end, which make no difference: empty for the root."""
        path: str = self.event["path"]
        return path.rstrip("/")

    @property
    def query(self) -> dict[str, str]:
        """The parameters of the query; of one that is given twice, the last."""
        return self.event.get("queryStringParameters") or {}

    @property
    def context(self) -> Mapping[str, Any]:
        """What the gateway itself says of the request."""
        return self.event.get("requestContext") or {}

    @property
    def body(self) -> bytes:
        """The body.

        Raises:
            InvalidRequest: The event's text is neither the body nor an encoding of it.
        """
        text: str = self.event.get("body") or ""
        try:
            if not self.event.get("isBase64Encoded"):
                return text.encode()
            return base64.b64decode(text, validate=True)
        except ValueError:
            raise InvalidRequest("body: neither text nor valid base64") from None

    def header(self, name: str) -> str:
        """A header, in whatever case it was sent; empty if there is none."""
        headers: Mapping[str, str] = self.event.get("headers") or {}
        lowered = {sent.lower(): value for sent, value in headers.items()}
        return lowered.get(name.lower()) or ""


class Response(NamedTuple):
    """What is answered.

    Attributes:
        status: Of HTTP.
        body: As text.
        content_type: What the body is.
        headers: The others.
    """

    status: int
    body: str
    content_type: str = JSON
    headers: Mapping[str, str] = MappingProxyType({})

    def for_gateway(self) -> dict[str, Any]:
        """In the gateway's form."""
        headers = {"Content-Type": self.content_type, **self.headers}
        return {
            "statusCode": self.status,
            "body": self.body,
            "isBase64Encoded": False,
            "multiValueHeaders": {name: [value] for name, value in headers.items()},
        }
