"""The HTTP API: API Gateway → use cases → answers in the contract's form."""

import functools
from typing import TYPE_CHECKING, Any

from aws_lambda_powertools import Logger
from aws_lambda_powertools.utilities.typing import LambdaContext

from service import __version__
from service.adapters.cors import Cors
from service.adapters.docs import page
from service.adapters.form import parse_form
from service.adapters.http import HttpApi
from service.adapters.rest import Response
from service.answers import Accepted
from service.bootstrap.submit import build_api, cors_origins, describe
from service.errors import (
    AddressNotAllowed,
    ImageTooLarge,
    InvalidRequest,
    NotFound,
    NotInThisState,
    TaskExists,
    UnsupportedImage,
)
from service.operations import FORM, HTML, JSON, Operation, Other
from service.request_bodies import AnalyzeRequest, json_fields, uuid4_text
from service.task import TaskKey
from service.validation import validated, validated_json

if TYPE_CHECKING:
    from service.answers.films import BatchOutcome, Upload
    from service.answers.health import HealthState, ServiceName
    from service.answers.tasks import Cancelled, TaskList, TaskState, TrialOutcome

# What Lambda can take in: 6 MB of event, in which the body stands as base64.
MAX_FILM_BYTES = 4_500_000

HEALTH = "service.answers.health:HealthState"

logger = Logger()
http = HttpApi(Cors(functools.cache(cors_origins)))
api = functools.cache(build_api)


@http.serves(
    Operation(
        "POST",
        "/api/v1/analyze",
        {202: Accepted},
        errors=(TaskExists, UnsupportedImage, ImageTooLarge, AddressNotAllowed),
        bodies={FORM: "service.schemas:film_form", JSON: "service.schemas:film_fields"},
        headers="service.schemas:RepeatHeaders",
        calls_back=True,
        leads_to=("task", "cancel", "redeliver", "result"),
    )
)
def analyze() -> Accepted:
    """Accept a film."""
    fields, film = _analyze_body()
    submit = api().submit
    request = AnalyzeRequest.from_fields(
        fields, submit.task_types, submit.addresses, typed=_is_json()
    )
    request = request.repeatable(http.header("Idempotency-Key"), http.caller.client, fields)
    api().admission(http.caller)
    task = submit(http.caller.client, request, film)
    return Accepted(task_id=task.task_id)


@http.serves(
    Operation(
        "POST",
        "/api/v1/batch",
        {202: "service.answers.films:BatchOutcome"},
        bodies={JSON: "service.schemas:film_batch"},
        calls_back=True,
    )
)
def batch() -> "BatchOutcome":
    """Accept many films at once."""
    outcome = api().batch()(http.caller, json_fields(http.body).get("tasks"))
    logger.info("batch", extra={"accepted": outcome.count, "rejected": len(outcome.rejected)})
    return outcome


@http.serves(
    Operation(
        "POST",
        "/api/v1/uploads",
        {201: "service.answers.films:Upload"},
        errors=(UnsupportedImage, ImageTooLarge),
        bodies={JSON: "service.schemas:announced_upload"},
    )
)
def uploads() -> "Upload":
    """Let a client upload a film that no request can carry."""
    from service.uploads import UploadRequest

    return api().uploads(http.caller.client, validated_json(http.body, UploadRequest))


@http.serves(
    Operation(
        "GET", "/api/v1/task/{taskId}", {200: "service.answers.tasks:TaskState"}, errors=(NotFound,)
    )
)
def task(task_id: str) -> "TaskState":
    """Tell how a task stands."""
    return api().status(_key(task_id))


@http.serves(
    Operation(
        "GET",
        "/api/v1/tasks",
        {200: "service.answers.tasks:TaskList"},
        query="service.listing:ListRequest",
    )
)
def tasks() -> "TaskList":
    """List the caller's tasks."""
    from service.listing import ListRequest

    return api().listing(http.caller.client, validated(http.query, ListRequest, typed=False))


@http.serves(
    Operation(
        "DELETE",
        "/api/v1/task/{taskId}",
        {200: "service.answers.tasks:Cancelled"},
        errors=(NotFound, NotInThisState),
    )
)
def cancel(task_id: str) -> "Cancelled":
    """Cancel a task."""
    from service.answers.tasks import Cancelled

    task = api().cancel(_key(task_id))
    logger.info("cancelled", extra={"task_id": task.task_id})
    return Cancelled(task_id=task.task_id, status=task.status)


@http.serves(
    Operation(
        "POST",
        "/api/v1/task/{taskId}/callback",
        {202: Accepted},
        errors=(NotFound, NotInThisState),
    )
)
def redeliver(task_id: str) -> Accepted:
    """Deliver a stored result again."""
    task = api().redeliver(_key(task_id))
    logger.info("redelivery asked", extra={"task_id": task.task_id})
    return Accepted(task_id=task.task_id, message="Callback queued successfully")


@http.serves(
    Operation(
        "GET",
        "/api/v1/task/{taskId}/result",
        {302: Other("To the callback's body.", JSON, {"Location": "Works for 15 minutes."})},
        errors=(NotFound, NotInThisState),
    )
)
def result(task_id: str) -> Response:
    """Lead to the stored result."""
    link = api().status.result_link(_key(task_id))
    return Response(302, content_type=JSON, body="{}", headers={"Location": link})


@http.serves(
    Operation(
        "POST",
        "/api/v1/callbacks/test",
        {200: "service.answers.tasks:TrialOutcome"},
        errors=(AddressNotAllowed,),
        bodies={JSON: "service.trial:TrialRequest"},
    )
)
def try_callback() -> "TrialOutcome":
    """Send a signed test callback now."""
    from service.trial import TrialRequest

    return api().trial(http.caller, validated_json(http.body, TrialRequest).callback_url)


@http.serves(Operation("GET", "/", {200: "service.answers.health:ServiceName"}, public=True))
def root() -> "ServiceName":
    """Name the service."""
    from service.answers.health import ServiceName

    return ServiceName(service="Xray-Inference-Service", version=__version__)


@http.serves(
    Operation(
        "GET",
        "/health",
        {200: HEALTH, 503: HEALTH},
        public=True,
    )
)
@http.serves(
    Operation(
        "GET",
        "/api/v1/health",
        {200: HEALTH, 503: HEALTH},
        name="health_of_version",
        public=True,
    )
)
def health() -> "tuple[int, HealthState]":
    """Tell which part is up."""
    state = api().health()
    return 200 if state.status == "healthy" else 503, state


@http.serves(Operation("GET", "/openapi.json", {200: Other("This document.", JSON)}, public=True))
def openapi() -> Response:
    """Describe the API."""
    return Response(200, content_type=JSON, body=_document())


@http.serves(Operation("GET", "/docs", {200: Other("A page for people.", HTML)}, public=True))
def docs() -> Response:
    """Describe the API readably."""
    if http.query.get("format") == "json":  # the page's own link to the document
        return openapi()
    return Response(200, content_type=HTML, body=page(_document()))


@functools.cache
def _document() -> str:
    return describe(http.operations)


def handler(event: dict[str, Any], context: LambdaContext) -> dict[str, Any]:  # noqa: ARG001
    """Answer one request.

    Args:
        event: API Gateway's proxy event (REST, version 1.0).
        context: Lambda's context.
    """
    return http.resolve(event)


def _analyze_body() -> tuple[dict[str, Any], bytes | None]:
    """The fields, and the film if it came with them."""
    if _is_json():
        return json_fields(http.body), None
    content_type = http.header("Content-Type")
    form = parse_form(content_type, http.body, file_field="image", max_file_bytes=MAX_FILM_BYTES)
    if form.file is None and "imageUrl" not in form.fields:
        raise InvalidRequest("image: field required, or imageUrl")
    return dict(form.fields), form.file


def _is_json() -> bool:
    return http.header("Content-Type").partition(";")[0].strip().lower() == JSON


def _key(task_id: str) -> TaskKey:
    try:
        return TaskKey(http.caller.client, uuid4_text(task_id))
    except ValueError:
        raise NotFound("taskId: no such task") from None
