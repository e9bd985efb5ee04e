"""What the HTTP API is asked: the bodies of its requests, validated."""

import hashlib
import json
import re
import uuid
from collections.abc import Mapping
from typing import Annotated, Any, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    StringConstraints,
    ValidationError,
    WithJsonSchema,
)

from service.addresses import AddressPolicy
from service.errors import InvalidRequest
from service.model import Model
from service.ports import TaskTypes
from service.task import Priority

_UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")

MAX_KEY = 255


_UUID4_SCHEMA = {
    "type": "string",
    "format": "uuid",
    "pattern": f"^{_UUID4.pattern}$".replace("a-f", "a-fA-F").replace("[89ab]", "[89abAB]"),
}


def uuid4_text(text: str) -> str:
    """A UUID of version 4 in lower case.

    Raises:
        ValueError: The text is none.
    """
    lowered = text.lower()
    if not _UUID4.fullmatch(lowered):
        raise ValueError("must be a UUID of version 4")
    return lowered


Address = Annotated[
    str, StringConstraints(min_length=1), WithJsonSchema({"type": "string", "format": "uri"})
]
Uuid4 = Annotated[str, AfterValidator(uuid4_text), WithJsonSchema(_UUID4_SCHEMA)]


class AnalyzeRequest(Model):
    """The fields of ``POST /analyze``, without the film.

    Attributes:
        task_id: Lower case; made here when the client sends none.
        options: What the task type declares, already validated by its own model.
        image_url: Where the film is to be fetched.
        upload_id: The film, if it has been uploaded before.
        priority: Whether it waits behind others.
        idempotency_key: A digest of the client's ``Idempotency-Key``.
    """

    model_config = ConfigDict(frozen=True, extra="forbid", populate_by_name=True)

    task_id: Uuid4 = Field(alias="taskId", default_factory=lambda: str(uuid.uuid4()))
    task_type: Annotated[str, StringConstraints(min_length=1)] = Field(alias="taskType")
    callback_url: Address = Field(alias="callbackUrl")
    image_url: Address | None = Field(alias="imageUrl", default=None)
    upload_id: Uuid4 | None = Field(alias="uploadId", default=None)
    priority: Priority = Field(
        alias="priority",
        default=Priority.NORMAL,
        description="A film of high priority never waits behind one of normal priority.",
    )
    options: dict[str, Any] = {}  # noqa: RUF012 - pydantic copies it
    idempotency_key: str | None = None

    def repeatable(self, key: str | None, client: str, fields: Mapping[str, Any]) -> Self:
        """The same request, which the client may post again without its being done again.

        Args:
            key: The header ``Idempotency-Key``, if there is one.
            client: Whose request it is.
            fields: As they came; without a taskId the key decides which task it is.

        Raises:
            InvalidRequest: The key is too long.
        """
        if not key:
            return self
        if len(key) > MAX_KEY:
            raise InvalidRequest(f"Idempotency-Key: longer than {MAX_KEY} characters")
        digest = hashlib.sha256(f"{client}#{key}".encode(errors="replace")).hexdigest()
        changes = {"idempotency_key": digest}
        if "taskId" not in fields:
            changes["task_id"] = str(uuid.UUID(digest[:32], version=4))
        return self.model_copy(update=changes)

    @classmethod
    def from_fields(
        cls,
        fields: Mapping[str, Any],
        task_types: TaskTypes,
        addresses: AddressPolicy,
        *,
        typed: bool = False,
    ) -> Self:
        """Validate the fields of a form or of a JSON body.

        Args:
            fields: Name → value, as they came.
            task_types: The registered task types.
            addresses: Which addresses may be called.
            typed: Whether the values have JSON's types: in a form, every number is a text.

        Raises:
            InvalidRequest: A field is missing, malformed or unknown; the detail names it.
            AddressNotAllowed: The callbackUrl or imageUrl is no address that may be called.
        """
        own = {field.alias for field in cls.model_fields.values() if field.alias}
        try:
            request = cls.model_validate({k: v for k, v in fields.items() if k in own})
        except ValidationError as error:
            raise InvalidRequest(first_problem(error)) from None
        task_type = task_types.get(request.task_type)
        if task_type is None:
            raise InvalidRequest(f"taskType: must be one of {', '.join(sorted(task_types))}")
        addresses.check_url(request.callback_url)
        if request.image_url is not None:
            addresses.check_url(request.image_url, "imageUrl")
        try:
            options = _options(
                task_type.options_model(),
                {k: v for k, v in fields.items() if k not in own},
                typed=typed,
            )
        except ValidationError as error:
            raise InvalidRequest(first_problem(error)) from None
        dumped = options.model_dump(by_alias=True, exclude_none=True)
        return request.model_copy(update={"options": dumped})


def _options(kind: type[BaseModel], values: Mapping[str, Any], *, typed: bool) -> BaseModel:
    if typed:
        return kind.model_validate_json(json.dumps(values), strict=True)
    return kind.model_validate(values)


def first_problem(error: ValidationError) -> str:
    """What is wrong first, with the name of its field, and without what was sent."""
    problem = error.errors(include_url=False, include_input=False, include_context=False)[0]
    field = ".".join(str(part) for part in problem["loc"]) or "body"
    if problem["type"] == "extra_forbidden":
        return f"{field}: unknown field"
    text = problem["msg"].removeprefix("Value error, ")
    return f"{field}: {text[0].lower()}{text[1:]}"


def json_fields(body: bytes) -> dict[str, Any]:
    """The fields of a JSON object.

    Raises:
        InvalidRequest: The body is none.
    """
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        raise InvalidRequest("body: not valid JSON") from None
    if not isinstance(fields, dict):
        raise InvalidRequest("body: must be a JSON object")
    return fields
