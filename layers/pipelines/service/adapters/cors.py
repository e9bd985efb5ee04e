"""What a browser must be told before a page of another origin may call the API.

The errors of the API carry it too, or a page would see a failure without its reason.
"""

from collections.abc import Callable, Collection
from typing import Any

from service.adapters.rest import Request

# What browsers keep and do not ask for again, of an origin that may call.
_ALLOWED = {
    # Idempotency-Key is our own; the others are what clients of the gateway send.
    "Access-Control-Allow-Headers": ",".join(
        (
            "Authorization",
            "Content-Type",
            "Idempotency-Key",
            "X-Amz-Date",
            "X-Amz-Security-Token",
            "X-Api-Key",
        )
    ),
    "Access-Control-Expose-Headers": "Location,Retry-After",
    "Access-Control-Max-Age": "7200",  # seconds: the longest that browsers keep it
    "Vary": "Origin",
}
_METHODS = "DELETE,GET,POST"  # all that any path serves


class Cors:
    """The origins whose pages may call the API, and what is said to them."""

    def __init__(self, origins: Callable[[], Collection[str]]) -> None:
        """Make it; nothing is read before the first request.

        Args:
            origins: Gives them, ``scheme://host[:port]``; ``*`` among them stands for all, and none
                for no page but the API's own.
        """
        self._origins = origins

    def preflight(self, request: Request) -> dict[str, Any] | None:
        """The answer to a browser that asks for leave; ``None`` if the request is no such question.

        Args:
            request: Any.
        """
        headers = self._headers(request)
        asked = request.header("Access-Control-Request-Method")
        if request.method != "OPTIONS" or not asked or not headers:
            return None
        told = {name: [value] for name, value in headers.items()}
        told["Access-Control-Allow-Methods"] = [_METHODS]
        return {
            "statusCode": 204,
            "multiValueHeaders": told,
            "body": "",
            "isBase64Encoded": False,
        }

    def allow(self, request: Request, answer: dict[str, Any]) -> dict[str, Any]:
        """An answer that the page which asked may read, if it is of an allowed origin.

        Args:
            request: Of the page.
            answer: To it, in the gateway's form.
        """
        added = {name: [value] for name, value in self._headers(request).items()}
        return answer | {"multiValueHeaders": answer["multiValueHeaders"] | added}

    def _headers(self, request: Request) -> dict[str, str]:
        origin, allowed = request.header("Origin"), self._origins()
        if not origin or not {origin, "*"} & set(allowed):
            return {}
        named = origin if origin in allowed else "*"
        return {"Access-Control-Allow-Origin": named} | _ALLOWED
