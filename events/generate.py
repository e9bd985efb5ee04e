"""Writes the events of this folder: ``python events/generate.py``.

One event for each function and each failure worth showing. ``sam local invoke`` and the unit tests
use the same files; a test checks that they are what this program writes.
"""

import base64
import json
import struct
import zlib
from pathlib import Path
from typing import Any

TASK_ID = "3f0c5a52-6d0e-4b7e-9c1d-2f6a8b9e1c11"
CALLBACK_URL = "https://clinic.example/callback"
IMAGE_URL = "https://clinic.example/film.png"
BOUNDARY = "film-boundary"
TOKEN = f"xray_clinic_{'A' * 43}"  # nobody's
HERE = Path(__file__).parent


def png(width: int = 64, height: int = 80) -> bytes:
    """A grey ramp as PNG: a film for the door, and too plain to be read as a cephalogram."""
    rows = b"".join(b"\0" + bytes((x + y) % 256 for x in range(width)) for y in range(height))

    def chunk(kind: bytes, data: bytes) -> bytes:
        crc = zlib.crc32(kind + data)
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", crc)

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    # Stored, not deflated: the same bytes whatever the zlib.
    body = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows, 0)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + body


def http(method: str, path: str, **parts: Any) -> dict[str, Any]:
    """API Gateway's proxy event, REST."""
    return {
        "resource": "/{proxy+}",
        "path": path,
        "httpMethod": method,
        "headers": parts.get("headers", {}),
        "multiValueHeaders": {k: [v] for k, v in parts.get("headers", {}).items()},
        "queryStringParameters": None,
        "multiValueQueryStringParameters": None,
        "pathParameters": {"proxy": path.strip("/")},
        "stageVariables": None,
        "requestContext": {
            "requestId": "c6af9ac6-7b61-11e6-9a41-93e8deadbeef",
            "stage": "local",
            "resourcePath": "/{proxy+}",
            "httpMethod": method,
            "path": f"/local{path}",
            "identity": {"sourceIp": "127.0.0.1", "userAgent": "curl/8"},
            "apiId": "local",
            "accountId": "000000000000",
            # What the function authorize has said of the request.
            "authorizer": {"client": "local", "principalId": "local"},
        },
        "body": parts.get("body"),
        "isBase64Encoded": parts.get("encoded", False),
    }


def analyze(fields: dict[str, str], image: bytes | None, cut: int = 0) -> dict[str, Any]:
    """``POST /analyze`` with a form; ``cut`` bytes are missing at its end."""
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'.encode()
        for name, value in fields.items()
    ]
    if image is not None:
        head = (
            f"--{BOUNDARY}\r\nContent-Disposition: form-data; "
            'name="image"; filename="film.jpg"\r\nContent-Type: image/jpeg\r\n\r\n'
        )
        parts.append(head.encode() + image + b"\r\n")
    body = b"".join(parts) + f"--{BOUNDARY}--\r\n".encode()
    body = body[: len(body) - cut]
    headers = {"Content-Type": f"multipart/form-data; boundary={BOUNDARY}", "Accept": "*/*"}
    return http(
        "POST",
        "/api/v1/analyze",
        headers=headers,
        body=base64.b64encode(body).decode(),
        encoded=True,
    )


def asking(**headers: str) -> dict[str, Any]:
    """What the gateway asks an authorizer of kind REQUEST."""
    event = http("GET", "/api/v1/tasks", headers=headers)
    del event["requestContext"]["authorizer"], event["body"], event["isBase64Encoded"]
    arn = "arn:aws:execute-api:us-east-1:000000000000:local/local/GET/api/v1/tasks"
    return {"type": "REQUEST", "methodArn": arn} | event


def sqs(*bodies: str, queue: str = "tasks") -> dict[str, Any]:
    """What an SQS trigger hands to a function."""
    return {
        "Records": [
            {
                "messageId": f"00000000-0000-4000-8000-{number:012d}",
                "receiptHandle": "handle",
                "body": body,
                "attributes": {
                    "ApproximateReceiveCount": "1",
                    "SentTimestamp": "1767323045000",
                    "SenderId": "AIDAEXAMPLE",
                    "ApproximateFirstReceiveTimestamp": "1767323045001",
                },
                "messageAttributes": {},
                "md5OfBody": "",
                "eventSource": "aws:sqs",
                "eventSourceARN": f"arn:aws:sqs:us-east-1:000000000000:{queue}",
                "awsRegion": "us-east-1",
            }
            for number, body in enumerate(bodies, 1)
        ]
    }


def events() -> dict[str, dict[str, Any]]:
    """Every event: path in this folder → content."""
    fields = {"taskId": TASK_ID, "taskType": "ceph", "callbackUrl": CALLBACK_URL}
    without = {name: value for name, value in fields.items() if name != "callbackUrl"}
    message = json.dumps({"client": "local", "task_id": TASK_ID})
    unknown = json.dumps({"client": "local", "task_id": "00000000-0000-4000-8000-000000000000"})
    schedule = {"version": "0", "source": "aws.scheduler", "detail-type": "Scheduled Event"}
    return {
        "submit/analyze.json": analyze(fields, png()),
        "submit/text_named_jpg.json": analyze(fields, b"this is no film"),
        "submit/missing_callback_url.json": analyze(without, png()),
        "submit/missing_image.json": analyze(fields, None),
        "submit/bad_task_id.json": analyze(fields | {"taskId": "film-17"}, png()),
        "submit/unknown_task_type.json": analyze(fields | {"taskType": "mri"}, png()),
        "submit/unknown_field.json": analyze(fields | {"patient": "unknown"}, png()),
        "submit/bad_callback_url.json": analyze(fields | {"callbackUrl": "ftp://clinic"}, png()),
        "submit/bad_image_url.json": analyze(fields | {"imageUrl": "ftp://clinic"}, None),
        "submit/body_cut_off.json": analyze(fields, png(), cut=500),
        "submit/json_body.json": http(
            "POST", "/api/v1/analyze", headers={"Content-Type": "application/json"}, body="{}"
        ),
        "submit/uploaded.json": http(
            "POST",
            "/api/v1/analyze",
            headers={"Content-Type": "application/json"},
            body=json.dumps(fields | {"uploadId": TASK_ID}),
        ),
        "submit/image_url.json": http(
            "POST",
            "/api/v1/analyze",
            headers={"Content-Type": "application/json"},
            body=json.dumps(fields | {"imageUrl": IMAGE_URL}),
        ),
        "submit/batch.json": http(
            "POST",
            "/api/v1/batch",
            headers={"Content-Type": "application/json"},
            body=json.dumps({"tasks": [fields | {"uploadId": TASK_ID}, fields]}),
        ),
        "submit/uploads.json": http(
            "POST",
            "/api/v1/uploads",
            headers={"Content-Type": "application/json"},
            body='{"fileName": "film.png", "contentType": "image/png", "size": 20000000}',
        ),
        "submit/task.json": http("GET", f"/api/v1/task/{TASK_ID}"),
        "submit/tasks.json": http("GET", "/api/v1/tasks"),
        "submit/cancel.json": http("DELETE", f"/api/v1/task/{TASK_ID}"),
        "submit/redeliver.json": http("POST", f"/api/v1/task/{TASK_ID}/callback"),
        "submit/result.json": http("GET", f"/api/v1/task/{TASK_ID}/result"),
        "submit/health.json": http("GET", "/health"),
        "submit/try_callback.json": http(
            "POST",
            "/api/v1/callbacks/test",
            headers={"Content-Type": "application/json"},
            body=json.dumps({"callbackUrl": CALLBACK_URL}),
        ),
        "callback/trial.json": {
            "trial": {"client": "local", "task_id": TASK_ID, "callback_url": CALLBACK_URL}
        },
        "submit/root.json": http("GET", "/"),
        "submit/unknown_path.json": http("GET", "/api/v1/films"),
        "submit/unknown_method.json": http("DELETE", "/api/v1/analyze"),
        "authorize/token.json": asking(Authorization=f"Bearer {TOKEN}"),
        "authorize/no_token.json": asking(),
        "infer/film.json": sqs(message),
        "infer/film_twice.json": sqs(message, message),
        "infer/unknown_task.json": sqs(unknown),
        "infer/malformed_and_good.json": sqs("no JSON", message),
        "callback/result.json": sqs(message),
        "callback/result_twice.json": sqs(message, message),
        "callback/malformed.json": sqs("no JSON"),
        "recover/schedule.json": schedule,
        "recover/task_letter.json": sqs(message, queue="task-letters"),
        "recover/result_letter.json": sqs(message, queue="result-letters"),
    }


if __name__ == "__main__":
    for name, event in events().items():
        (HERE / name).write_text(json.dumps(event, indent=2) + "\n")
