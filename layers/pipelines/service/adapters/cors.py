"""What a browser must be told before a page of another origin may call the API.

The errors of the API carry it too, or a page would see a failure without its reason.
"""

from collections.abc import Callable, Collection
from typing import Any

from aws_lambda_powertools.event_handler import CORSConfig
from aws_lambda_powertools.utilities.data_classes import APIGatewayProxyEvent

_METHODS = "DELETE,GET,POST"  # all that any path serves
_MAX_AGE_S = 7200  # the longest that browsers keep the answer to a preflight


class Cors:
    """The origins whose pages may call the API, and what is said to them."""

    def __init__(self, origins: Callable[[], Collection[str]]) -> None:
        """Make it; nothing is read before the first request.

        Args:
            origins: Gives them, ``scheme://host[:port]``; ``*`` among them stands for all, and none
                for no page but the API's own.
        """
        self._origins = origins

    def preflight(self, event: dict[str, Any]) -> dict[str, Any] | None:
        """The answer to a browser that asks for leave; ``None`` if the event is no such question.

        Args:
            event: API Gateway's proxy event.
        """
        headers = self._headers(event)
        asked = APIGatewayProxyEvent(event).headers.get("Access-Control-Request-Method")
        if event["httpMethod"] != "OPTIONS" or not asked or not headers:
            return None
        told = {name: [value] for name, value in headers.items()}
        told["Access-Control-Allow-Methods"] = [_METHODS]
        return {
            "statusCode": 204,
            "multiValueHeaders": told,
            "body": "",
            "isBase64Encoded": False,
        }

    def allow(self, event: dict[str, Any], answer: dict[str, Any]) -> dict[str, Any]:
        """An answer that the page which asked may read, if it is of an allowed origin.

        Args:
            event: API Gateway's proxy event.
            answer: To it.
        """
        added = {name: [value] for name, value in self._headers(event).items()}
        return answer | {"multiValueHeaders": answer["multiValueHeaders"] | added}

    def _headers(self, event: dict[str, Any]) -> dict[str, str]:
        origin = APIGatewayProxyEvent(event).headers.get("Origin")
        allowed = list(self._origins())
        if not origin or not allowed:
            return {}
        config = CORSConfig(
            allow_origin=allowed[0],
            extra_origins=allowed[1:],
            allow_headers=["Idempotency-Key"],
            expose_headers=["Location", "Retry-After"],
            max_age=_MAX_AGE_S,
        )
        headers = config.to_dict(config.allowed_origin(origin))
        return headers | {"Vary": "Origin"} if headers else {}
