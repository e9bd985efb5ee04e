"""The HTTP API: API Gateway → use cases → answers in the contract's form."""

import base64
import functools
import json
from typing import Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.event_handler import APIGatewayRestResolver, Response
from aws_lambda_powertools.utilities.typing import LambdaContext

from service import __version__
from service.adapters.form import parse_form
from service.batch import Batch
from service.bootstrap import build_api
from service.errors import (
    InvalidRequest,
    MethodNotAllowed,
    NotFound,
    ServiceError,
    Unavailable,
)
from service.listing import ListRequest
from service.messages import AnalyzeRequest, UploadRequest, json_fields, uuid4_text
from service.task import TaskKey

# What Lambda can take in: 6 MB of event, in which the body stands as base64.
MAX_FILM_BYTES = 4_500_000
CLIENT = "local"  # the one client there is, until clients have names

logger = Logger()
app = APIGatewayRestResolver()
api = functools.cache(build_api)


@app.post("/api/v1/analyze")
def analyze() -> Response[str]:
    """Accept a film."""
    fields, film = _analyze_body()
    submit = api().submit
    request = AnalyzeRequest.from_fields(fields, submit.task_types, submit.addresses)
    if film is not None and request.upload_id is not None:
        raise InvalidRequest("uploadId: goes without an image, as JSON")
    request = request.repeatable(_header("Idempotency-Key"), CLIENT, fields)
    task = submit(CLIENT, request, film)
    logger.info("accepted", extra={"task_id": task.task_id, "task_type": task.task_type})
    return _json(
        202,
        {"taskId": task.task_id, "status": "accepted", "message": "Task queued successfully"},
    )


@app.post("/api/v1/batch")
def batch() -> Response[str]:
    """Accept many films at once."""
    outcome = Batch(api().submit)(CLIENT, json_fields(_body()).get("tasks"))
    logger.info("batch", extra={key: len(outcome[key]) for key in ("accepted", "rejected")})
    return _json(202, outcome)


@app.post("/api/v1/uploads")
def uploads() -> Response[str]:
    """Let a client upload a film that no request can carry."""
    return _json(201, api().uploads(CLIENT, UploadRequest.from_json(_body())))


@app.get("/api/v1/task/<task_id>")
def task(task_id: str) -> Response[str]:
    """Tell how a task stands."""
    return _json(200, api().status(_key(task_id)))


@app.get("/api/v1/tasks")
def tasks() -> Response[str]:
    """List the caller's tasks."""
    query = app.current_event.query_string_parameters or {}
    return _json(200, api().listing(CLIENT, ListRequest.from_query(query)))


@app.delete("/api/v1/task/<task_id>")
def cancel(task_id: str) -> Response[str]:
    """Cancel a task."""
    task = api().cancel(_key(task_id))
    logger.info("cancelled", extra={"task_id": task.task_id})
    return _json(200, {"taskId": task.task_id, "status": task.status})


@app.post("/api/v1/task/<task_id>/callback")
def redeliver(task_id: str) -> Response[str]:
    """Deliver a stored result again."""
    task = api().redeliver(_key(task_id))
    logger.info("redelivery asked", extra={"task_id": task.task_id})
    return _json(
        202,
        {"taskId": task.task_id, "status": "accepted", "message": "Callback queued successfully"},
    )


@app.get("/api/v1/task/<task_id>/result")
def result(task_id: str) -> Response[str]:
    """Lead to the stored result."""
    link = api().status.result_link(_key(task_id))
    return Response(302, content_type="application/json", body="{}", headers={"Location": link})


@app.get("/")
def root() -> Response[str]:
    """Name the service."""
    return _json(200, {"service": "Xray-Inference-Service", "version": __version__})


@app.get("/health")
@app.get("/api/v1/health")
def health() -> Response[str]:
    """Tell which part is up."""
    healthy, state = api().health()
    return _json(200 if healthy else 503, state)


def _refuse_method() -> Response[str]:
    raise MethodNotAllowed(f"{app.current_event.http_method} is not served here")


for _path, _served in {
    "/": {"GET"},
    "/health": {"GET"},
    "/api/v1/health": {"GET"},
    "/api/v1/analyze": {"POST"},
    "/api/v1/uploads": {"POST"},
    "/api/v1/batch": {"POST"},
    "/api/v1/tasks": {"GET"},
    "/api/v1/task/<task_id>": {"GET", "DELETE"},
    "/api/v1/task/<task_id>/callback": {"POST"},
    "/api/v1/task/<task_id>/result": {"GET"},
}.items():
    _others = sorted({"GET", "POST", "PUT", "PATCH", "DELETE"} - _served)
    if "<" in _path:
        app.route(_path, method=_others)(lambda task_id: _refuse_method())  # noqa: ARG005
    else:
        app.route(_path, method=_others)(_refuse_method)


@app.not_found
def no_such_path(_: Exception) -> Response[str]:
    """Answer what no route serves."""
    return _error(NotFound("path: no such path"))


@app.exception_handler(ServiceError)
def refuse(error: ServiceError) -> Response[str]:
    """Answer an error of the contract: the one place where errors become HTTP."""
    if isinstance(error, Unavailable):
        logger.error("unavailable: %s", error.detail)
    return _error(error)


@app.exception_handler(Exception)
def break_down(error: Exception) -> Response[str]:
    """Answer what nobody foresaw; only its type is logged, its text may quote the request."""
    logger.critical("unforeseen %s", type(error).__name__)
    return _error(Unavailable("internal error"))


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:
    """Answer one request.

    Args:
        event: API Gateway's proxy event (REST, version 1.0).
        context: Lambda's context.
    """
    return app.resolve(event, context)


def _analyze_body() -> tuple[dict[str, Any], bytes | None]:
    """The fields, and the film if it came with them."""
    content_type = _header("Content-Type")
    if content_type.partition(";")[0].strip().lower() == "application/json":
        return json_fields(_body()), None
    form = parse_form(content_type, _body(), file_field="image", max_file_bytes=MAX_FILM_BYTES)
    return dict(form.fields), form.file


def _header(name: str) -> str:
    return app.current_event.headers.get(name) or ""


def _body() -> bytes:
    body = app.current_event.body or ""
    try:
        if not app.current_event.is_base64_encoded:
            return body.encode()
        return base64.b64decode(body, validate=True)
    except ValueError:
        raise InvalidRequest("body: neither text nor valid base64") from None


def _key(task_id: str) -> TaskKey:
    try:
        return TaskKey(CLIENT, uuid4_text(task_id))
    except ValueError:
        raise NotFound("taskId: no such task") from None


def _error(error: ServiceError) -> Response[str]:
    request_id = app.current_event.request_context.request_id
    return _json(error.http_status, error.as_dict() | {"requestId": request_id})


def _json(status: int, document: dict[str, Any]) -> Response[str]:
    return Response(status, content_type="application/json", body=json.dumps(document))
