"""What a schema cannot say: values that this running service knows."""

import base64
import copy
import json
import os
import re
from typing import Any

import schemathesis
from hypothesis import strategies as st
from schemathesis import GenerationMode

_CURSOR = base64.urlsafe_b64encode(
    json.dumps(["2026-01-02T03:04:05.678Z", "3f0c5a52-6d0e-4b7e-9c1d-2f6a8b9e1c11"]).encode()
).decode()
_UUID = re.compile("[0-9a-f-]{36}", re.IGNORECASE)
_PNG = b"\x89PNG\r\n\x1a\n"

schemathesis.openapi.format("uri", st.just(os.environ["XRAY_TEST_CALLBACK_URL"]))
schemathesis.openapi.format("cursor", st.just(_CURSOR))
schemathesis.openapi.format("binary", st.binary(max_size=200).map(_PNG.__add__))


@schemathesis.hook
def before_call(_: schemathesis.HookContext, case: schemathesis.Case, kwargs: Any) -> None:
    """Let every well-formed upload be one that has been made."""
    if not isinstance(case.body, dict):
        return
    body = case.body = copy.deepcopy(case.body)  # other cases share it
    tasks = body.get("tasks")
    for fields in [body, *(tasks if isinstance(tasks, list) else [])]:
        if isinstance(fields, dict) and _UUID.fullmatch(str(fields.get("uploadId"))):
            fields["uploadId"] = os.environ["XRAY_TEST_UPLOAD_ID"]
    if case.meta is None:
        return
    is_form = case.media_type == "multipart/form-data"
    # Its boundary cases do not heed what a schema says of two fields together.
    if case.meta.generation.mode is GenerationMode.POSITIVE:
        if body.get("taskType") != "ceph":
            body.pop("sex", None)
        if "image" in body or body.get("uploadId"):
            body.pop("imageUrl", None)
        elif is_form:
            body.setdefault("imageUrl", os.environ["XRAY_TEST_CALLBACK_URL"])
    elif is_form and "image" in body:
        body["unknown"] = ""  # it takes forms with a file for invalid that are not
