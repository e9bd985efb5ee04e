"""Other projects' crash tests, posted as clients would: one outcome each, and nobody is harmed."""

import csv
import json
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from pipelines.film import MIN_SIDE_PX
from tests.builders import new_id
from tests.service import Service
from tests.shared import hostile

_AT_ONCE = 12
_MARKER = b"ZZPHI"
# What a film may end in: read, refused at the door, undecodable, or no cephalogram.
_REFUSED, _READ = {10003, 12002}, {None, 12003}


@pytest.mark.skipif(not hostile().is_dir(), reason="the shared folder 'hostile' is not here")
def test_every_hostile_film_has_one_outcome_and_names_no_patient(service: Service) -> None:
    with (hostile() / "MANIFEST.csv").open(newline="") as lines:
        rows = list(csv.DictReader(lines))
    readers = service.cloud.worker_pids
    with ThreadPoolExecutor(_AT_ONCE) as threads:
        outcomes = list(threads.map(lambda row: _outcome(service, row), rows))

    wrong = [
        (row["file"], row["must"], outcome)
        for row, outcome in zip(rows, outcomes, strict=True)
        if not _as_promised(row["must"], outcome)
    ]
    assert wrong == []
    assert service.cloud.worker_pids == readers, "a film ended its reader"
    assert not [text for text in _everything_said(service) if _MARKER in text]


def _outcome(service: Service, row: dict[str, str]) -> dict[str, Any] | None:
    """The error that a film ended in; ``None`` for one that was read."""
    task_id = new_id()
    content = (hostile() / "images" / row["file"]).read_bytes()
    answer = service.post(service.fields(task_id), content)
    if answer.status_code != 202:
        assert service.task(task_id).status_code == 404
        refused: dict[str, Any] = answer.json()
        return refused
    body = json.loads(service.callback(task_id, seconds=240).body)
    task = service.wait_for(task_id, lambda task: task["callback"]["state"] == "delivered")
    assert (task["status"] == "failed") == (body["error"] is not None)
    assert len(set(service.posts(task_id))) == 1
    assert _MARKER.decode() not in json.dumps(task)
    error: dict[str, Any] | None = body["error"]
    return error


def _as_promised(must: str, outcome: dict[str, Any] | None) -> bool:
    code = outcome and outcome["code"]
    too_small = f"smaller than {MIN_SIDE_PX}" in (outcome or {}).get("message", "")
    match must:
        case "reject":
            return code in _REFUSED
        case "accept":
            return code in _READ or too_small
    return code in _REFUSED | _READ


def _everything_said(service: Service) -> Iterable[bytes]:
    """Callbacks, log files, records, and the keys of objects; films themselves are not said."""
    yield from (received.body for received in service.receiver.received)
    yield from (file.read_bytes() for file in service.cloud.log.rglob("*.log"))
    yield from (key.encode() for key in service.keys(""))
    pages = service.cloud.client("dynamodb").get_paginator("scan")
    for page in pages.paginate(TableName=service.cloud.outputs["TaskTable"]):
        yield json.dumps(page["Items"], default=str).encode()
    logs = service.cloud.client("logs")
    for group in logs.describe_log_groups()["logGroups"]:
        found = logs.filter_log_events(logGroupName=group["logGroupName"])
        yield from (event["message"].encode() for event in found["events"])
