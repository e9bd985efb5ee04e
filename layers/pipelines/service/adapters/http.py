"""Operations over HTTP: API Gateway's event in, the contract's answer or error out."""

import math
import re
import time
from collections.abc import Callable
from typing import Any, NamedTuple, TypeVar

import msgspec
from aws_lambda_powertools import Logger

from service.adapters.cors import Cors
from service.adapters.rest import Request, Response
from service.caller import Caller
from service.errors import (
    MethodNotAllowed,
    NotFound,
    ServiceError,
    TooManyRequests,
    Unavailable,
)
from service.operations import Operation

_NOTHING = "none"  # the operation of a request that asks for no path or method that is served
_NO_REQUEST = Request({})

Handler = TypeVar("Handler", bound=Callable[..., Any])

logger = Logger(child=True)


class _Path(NamedTuple):
    """A path, and what serves its methods."""

    parts: tuple[str, ...]
    methods: dict[str, Callable[..., Response]]

    def parameters(self, asked: list[str]) -> dict[str, str] | None:
        """Name → value, if this is the path that is asked for: ``{taskId}`` stands for any text."""
        if len(asked) != len(self.parts):
            return None
        found = {}
        for declared, value in zip(self.parts, asked, strict=True):
            if declared.startswith("{") and value:
                found[_snake(declared[1:-1])] = value
            elif declared != value:
                return None
        return found


class HttpApi:
    """Serves operations.

    Attributes:
        operations: What is served, in the order in which it was declared.
    """

    def __init__(self, cors: Cors) -> None:
        """Begin without operations.

        Args:
            cors: Which pages may call them.
        """
        self.operations: list[Operation] = []
        self._cors = cors
        self._paths: dict[str, _Path] = {}
        self._request = _NO_REQUEST
        self._served = _NOTHING

    def serves(self, operation: Operation) -> Callable[[Handler], Handler]:
        """Declare what a handler serves.

        The handler takes the path's parameters by name, in snake case. It returns the ordinary
        answer, a status and an answer, or a whole ``Response``.

        Args:
            operation: Its summary and description are those of the handler's docstring.
        """

        def declare(handler: Handler) -> Handler:
            summary, _, description = (handler.__doc__ or "").partition("\n")
            declared = operation._replace(
                name=operation.name or handler.__name__,
                summary=summary.rstrip("."),
                description=" ".join(description.split()),
            )
            self.operations.append(declared)
            ordinary = next(iter(declared.answers))

            def serve(**path: str) -> Response:
                self._served = declared.name
                if not declared.public:
                    _ = self.caller  # asked for here, so that no handler can forget it
                return _response(ordinary, handler(**path))

            path = self._paths.setdefault(
                declared.path, _Path(tuple(declared.path.rstrip("/").split("/")), {})
            )
            path.methods[declared.method] = serve
            return handler

        return declare

    def resolve(self, event: dict[str, Any]) -> dict[str, Any]:
        """Answer one request.

        Args:
            event: API Gateway's proxy event (REST, version 1.0).
        """
        self._request, self._served = Request(event), _NOTHING
        preflight = self._cors.preflight(self._request)
        if preflight:
            return preflight
        began = time.perf_counter()
        answer = self._answer()
        # Read by the metrics of template.yaml.
        logger.info(
            "answered",
            extra={
                "operation": self._served,
                "http_status": answer.status,
                "request_seconds": round(time.perf_counter() - began, 6),
            },
        )
        return self._cors.allow(self._request, answer.for_gateway())

    @property
    def caller(self) -> Caller:
        """Who asks.

        Raises:
            NotAuthenticated: Nobody has found out.
        """
        return Caller.of_request(self._request.context)

    @property
    def query(self) -> dict[str, str]:
        """The parameters of this request's query."""
        return self._request.query

    @property
    def body(self) -> bytes:
        """This request's body.

        Raises:
            InvalidRequest: The event's text is neither the body nor an encoding of it.
        """
        return self._request.body

    def header(self, name: str) -> str:
        """A header of this request; empty if there is none."""
        return self._request.header(name)

    def _answer(self) -> Response:
        """Answer this request: the one place where errors become HTTP."""
        try:
            return self._serve()
        except MethodNotAllowed as error:
            return self._refuse(error, {"Allow": ", ".join(error.allowed)})
        except TooManyRequests as error:
            seconds = math.ceil(error.retry_after.total_seconds())
            return self._refuse(error, {"Retry-After": str(seconds)})
        except Unavailable as error:
            logger.error("unavailable: %s", error.detail)
            return self._refuse(error)
        except ServiceError as error:
            return self._refuse(error)
        except Exception as error:  # noqa: BLE001 - a client gets an answer, whatever happens
            # Only the type: the text may quote the request.
            logger.critical("unforeseen %s", type(error).__name__)
            return self._refuse(Unavailable("internal error"))

    def _serve(self) -> Response:
        method, parts = self._request.method, self._request.path.split("/")
        for path in self._paths.values():
            found = path.parameters(parts)
            if found is None:
                continue
            if method not in path.methods:
                raise MethodNotAllowed(f"{method} is not served here", tuple(path.methods))
            return path.methods[method](**found)
        raise NotFound("path: no such path")

    def _refuse(self, error: ServiceError, headers: dict[str, str] | None = None) -> Response:
        from service.answers.errors import Error

        request_id = self._request.context["requestId"]
        document = Error(**error.as_dict(), request_id=request_id)
        return _response(error.http_status, document)._replace(headers=headers or {})


def _response(status: int, answer: Any) -> Response:
    if isinstance(answer, Response):
        return answer
    if isinstance(answer, tuple):
        status, answer = answer
    return Response(status, msgspec.json.encode(answer).decode())


def _snake(name: str) -> str:
    return re.sub("[A-Z]", lambda letter: f"_{letter[0].lower()}", name)
