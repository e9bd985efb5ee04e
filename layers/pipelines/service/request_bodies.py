"""What the HTTP API is asked: the bodies of its requests, validated."""

import hashlib
import json
import re
import uuid
from collections.abc import Mapping
from typing import Annotated, Any, Self

import msgspec
from msgspec import Meta, Struct, field
from msgspec.structs import replace

from service.addresses import AddressPolicy
from service.errors import InvalidRequest
from service.ports import TaskTypes
from service.task import Priority
from service.validation import validated

_UUID4 = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}")

MAX_KEY = 255


def uuid4_text(text: str) -> str:
    """A UUID of version 4 in lower case.

    Raises:
        ValueError: The text is none.
    """
    lowered = text.lower()
    if not _UUID4.fullmatch(lowered):
        raise ValueError("must be a UUID of version 4")
    return lowered


Address = Annotated[str, Meta(min_length=1, extra_json_schema={"format": "uri"})]
Uuid4 = Annotated[
    str,
    Meta(
        extra_json_schema={
            "format": "uuid",
            "pattern": f"^{_UUID4.pattern}$".replace("a-f", "a-fA-F").replace("[89ab]", "[89abAB]"),
        }
    ),
]


class AnalyzeFields(Struct, frozen=True, kw_only=True, rename="camel"):
    """The fields of ``POST /analyze`` that every task type has, as they are sent."""

    task_id: Uuid4 = field(default_factory=lambda: str(uuid.uuid4()))
    task_type: Annotated[str, Meta(min_length=1)]
    callback_url: Address
    image_url: Address | None = None
    upload_id: Uuid4 | None = None
    priority: Annotated[
        Priority,
        Meta(description="A film of high priority never waits behind one of normal priority."),
    ] = Priority.NORMAL


class AnalyzeRequest(AnalyzeFields, frozen=True, kw_only=True):
    """What is asked for by ``POST /analyze``, without the film.

    Attributes:
        task_id: Lower case; made here when the client sends none.
        options: What the task type declares, already validated by its own model.
        image_url: Where the film is to be fetched.
        upload_id: The film, if it has been uploaded before.
        priority: Whether it waits behind others.
        idempotency_key: A digest of the client's ``Idempotency-Key``.
    """

    options: dict[str, Any] = field(default_factory=dict)
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
        return replace(self, **changes)

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
        own = set(AnalyzeFields.__struct_encode_fields__)
        sent = validated({k: v for k, v in fields.items() if k in own}, AnalyzeFields)
        task_type = task_types.get(sent.task_type)
        if task_type is None:
            raise InvalidRequest(f"taskType: must be one of {', '.join(sorted(task_types))}")
        request = cls(
            task_id=_uuid4("taskId", sent.task_id),
            task_type=sent.task_type,
            callback_url=sent.callback_url,
            image_url=sent.image_url,
            upload_id=None if sent.upload_id is None else _uuid4("uploadId", sent.upload_id),
            priority=sent.priority,
        )
        addresses.check_url(request.callback_url)
        if request.image_url is not None:
            addresses.check_url(request.image_url, "imageUrl")
        given = {k: v for k, v in fields.items() if k not in own}
        options = msgspec.to_builtins(validated(given, task_type.options_model(), typed=typed))
        return replace(request, options={k: v for k, v in options.items() if v is not None})


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


def _uuid4(name: str, text: str) -> str:
    try:
        return uuid4_text(text)
    except ValueError as error:
        raise InvalidRequest(f"{name}: {error}") from None
