"""Operations over HTTP: API Gateway's event in, the contract's answer or error out."""

import base64
import functools
import math
import re
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any, TypeVar

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.utilities.typing import LambdaContext
from pydantic import BaseModel
from pydantic.alias_generators import to_snake

from service.adapters.cors import Cors
from service.answers import Error
from service.authorize import Caller
from service.errors import (
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    ServiceError,
    TooManyRequests,
    Unavailable,
)
from service.operations import JSON, Operation

# Those of which the gateway has routes.
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")

_NOTHING = "none"  # the operation of a request that asks for no path or method that is served

Handler = TypeVar("Handler", bound=Callable[..., Any])

logger = Logger(child=True)


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
        self._served = _NOTHING
        self._app = APIGatewayRestResolver()
        self._app.not_found(self._no_such_path)
        self._app.exception_handler(ServiceError)(self._refuse)
        self._app.exception_handler(Exception)(self._break_down)

    def serves(self, operation: Operation) -> Callable[[Handler], Handler]:
        """Declare what a handler serves.

        The handler takes the path's parameters by name, in snake case. It returns the ordinary
        answer, a status and an answer, or a whole ``Response``.

        Args:
            operation: Its summary and description are those of the handler's docstring.
        """

        def declare(handler: Handler) -> Handler:
            summary, _, description = (handler.__doc__ or "").partition("\n")
            declared = replace(
                operation,
                name=operation.name or handler.__name__,
                summary=summary.rstrip("."),
                description=" ".join(description.split()),
            )
            self.operations.append(declared)
            ordinary = next(iter(declared.answers))

            def serve(**path: str) -> Response[str]:
                self._served = declared.name
                if not declared.public:
                    _ = self.caller  # asked for here, so that no handler can forget it
                return _response(ordinary, handler(**path))

            self._app.route(_rule(declared.path), method=declared.method)(serve)
            return handler

        return declare

    def resolve(self, event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
        """Answer one request.

        Args:
            event: API Gateway's proxy event (REST, version 1.0).
            context: Lambda's context.
        """
        preflight = self._cors.preflight(event)
        if preflight:
            return preflight
        self._refuse_other_methods()
        self._served, began = _NOTHING, time.perf_counter()
        answer = self._app.resolve(event, context)
        # Read by the metrics of template.yaml.
        logger.info(
            "answered",
            extra={
                "operation": self._served,
                "http_status": answer["statusCode"],
                "request_seconds": round(time.perf_counter() - began, 4),
            },
        )
        return self._cors.allow(event, answer)

    @property
    def caller(self) -> Caller:
        """Who asks.

        Raises:
            NotAuthenticated: Nobody has found out.
        """
        return Caller.of_request(self._app.current_event.raw_event.get("requestContext") or {})

    @property
    def query(self) -> dict[str, str]:
        """The parameters of this request's query."""
        return self._app.current_event.query_string_parameters or {}

    @property
    def body(self) -> bytes:
        """This request's body.

        Raises:
            InvalidRequest: The event's text is neither the body nor an encoding of it.
        """
        body = self._app.current_event.body or ""
        try:
            if not self._app.current_event.is_base64_encoded:
                return body.encode()
            return base64.b64decode(body, validate=True)
        except ValueError:
            raise InvalidRequest("body: neither text nor valid base64") from None

    def header(self, name: str) -> str:
        """A header of this request; empty if there is none."""
        return self._app.current_event.headers.get(name) or ""

    @functools.cache  # noqa: B019 - there is one such object in a process
    def _refuse_other_methods(self) -> None:
        """Give every path its answer to the methods that it does not serve."""
        served: dict[str, list[str]] = {}
        for operation in self.operations:
            served.setdefault(operation.path, []).append(operation.method)
        for path, methods in served.items():
            others = [method for method in _METHODS if method not in methods]
            self._app.route(_rule(path), method=others)(self._refusal(", ".join(methods)))

    def _refusal(self, allow: str) -> Callable[..., Response[str]]:
        def refuse(**_: str) -> Response[str]:
            method = self._app.current_event.http_method
            answer = self._refuse(MethodNotAllowed(f"{method} is not served here"))
            answer.headers["Allow"] = allow
            return answer

        return refuse

    def _no_such_path(self, _: Exception) -> Response[str]:
        return self._refuse(NotFound("path: no such path"))

    def _refuse(self, error: ServiceError) -> Response[str]:
        """Answer an error of the contract: the one place where errors become HTTP."""
        if isinstance(error, Unavailable):
            logger.error("unavailable: %s", error.detail)
        request_id = self._app.current_event.request_context.request_id
        answer = _response(error.http_status, Error(**error.as_dict(), request_id=request_id))
        if isinstance(error, TooManyRequests):
            answer.headers["Retry-After"] = str(math.ceil(error.retry_after.total_seconds()))
        return answer

    def _break_down(self, error: Exception) -> Response[str]:
        """Answer what nobody foresaw; only its type is logged, its text may quote the request."""
        logger.critical("unforeseen %s", type(error).__name__)
        return self._refuse(Unavailable("internal error"))


def _rule(path: str) -> str:
    """A path in powertools' form: ``/task/{taskId}`` is ``/task/<task_id>``."""
    return re.sub(r"{(\w+)}", lambda found: f"<{to_snake(found[1])}>", path)


def _response(status: int, answer: Any) -> Response[str]:
    if isinstance(answer, Response):
        return answer
    if isinstance(answer, tuple):
        status, answer = answer
    document: BaseModel = answer
    return Response(status, content_type=JSON, body=document.model_dump_json())
