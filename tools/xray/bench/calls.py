"""What one task asks of AWS, and how long that takes there.

The functions reach the local cloud through a proxy that counts. Latencies on AWS are not measured
here but assumed, call by call, from what AWS and its users publish; they stand in ``LATENCIES_MS``.
"""

import time
from collections import Counter
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from urllib.parse import urlsplit

import requests

from pipelines.ceph.synthetic import draw
from xray.bench.measure import Section, Tell, heavy_film
from xray.cloud import CloudSettings, LocalCloud
from xray.faults.proxy import Act, Proxy
from xray.faults.proxy import Call as Passing
from xray.project import LOCAL_PARAMETERS
from xray.receiver import Receiver

# Medians within a region for small requests, in milliseconds. DynamoDB promises single digits; S3
# takes 100-200 ms to the first byte by its performance guide, and about 100 MB/s from there; SQS
# is given as tens of milliseconds. Assumed, rounded up.
LATENCIES_MS = {"dynamodb": 5.0, "s3": 100.0, "sqs": 15.0}
_S3_MS_PER_MB = 10.0
_SETTLE_S = 3.0  # for what the functions do after the callback: the record, the film's removal


@dataclass(frozen=True)
class Call:
    """One call of a function.

    Attributes:
        role: Whose credentials it carried.
        service: As in ``LATENCIES_MS``.
        operation: Of that service.
        sent: Bytes of its body.
        received: Bytes of the answer's body.
    """

    role: str
    service: str
    operation: str
    sent: int
    received: int

    @property
    def aws_ms(self) -> float:
        """How long it takes on AWS by assumption."""
        moved = (self.sent + self.received) / 1e6
        return LATENCIES_MS[self.service] + (moved * _S3_MS_PER_MB if self.service == "s3" else 0)


class CountingProxy(Proxy):
    """Hands calls on to a cloud and keeps a note of each, inside ``with``."""

    def __init__(self) -> None:
        """Begin without a note."""
        super().__init__(lambda _: Act.PASS)
        self.calls: list[Call] = []

    def ask(
        self, handler: BaseHTTPRequestHandler, call: Passing
    ) -> tuple[int, list[tuple[str, str]], bytes]:
        """Hand a call on and note it with its answer."""
        status, headers, body = super().ask(handler, call)
        role = handler.headers.get("Authorization", "").partition("Credential=")[2]
        self.calls.append(_noted(call, role.partition("/")[0], len(body)))
        return status, headers, body


def measure_calls(root: Path, tell: Tell, *, long: bool) -> Section:
    """Count the calls of one task after the other.

    Args:
        root: The project's folder.
        tell: Told what is being done.
        long: Ten tasks instead of three.
    """
    tasks = 10 if long else 3
    section = Section(
        "What one task asks of AWS", ("function", "call", "times", "kB moved", "ms on AWS")
    )
    tell("starting the service behind a counting proxy")
    with CountingProxy() as proxy, Receiver() as receiver:
        settings = CloudSettings(
            root,
            LOCAL_PARAMETERS | {"EndpointUrl": proxy.url},
            warm=2,
            variables={"AWS_ENDPOINT_URL": proxy.url},
        )
        cloud = LocalCloud(settings)
        proxy.lead_to(cloud.endpoint_url)
        with cloud:
            film = heavy_film(draw(seed=3).jpeg(), 2_000_000)
            calls = _calls_of(cloud, proxy, receiver, film, tasks)
    add_calls(section, calls, tasks)
    section.notes.append(
        "A ceph film of 2 MB. The milliseconds are no measurement: "
        + ", ".join(f"{name} {value:.0f} ms" for name, value in LATENCIES_MS.items())
        + f" a call and {_S3_MS_PER_MB:.0f} ms per MB of S3 are assumed; polling a queue is "
        "Lambda's own and not counted."
    )
    return section


def _calls_of(
    cloud: LocalCloud, proxy: CountingProxy, receiver: Receiver, film: bytes, tasks: int
) -> list[Call]:
    for number in range(tasks + 1):
        if number == 1:
            proxy.calls.clear()  # the first task was for warming up
        answer = requests.post(
            f"{cloud.api_url}/api/v1/analyze",
            data={"taskType": "ceph", "callbackUrl": receiver.url(f"/{number}")},
            files={"image": ("film", film)},
            timeout=60,
        )
        answer.raise_for_status()
        receiver.wait(f"/{number}", timeout_s=60)
        time.sleep(_SETTLE_S)
    return list(proxy.calls)


def add_calls(section: Section, calls: list[Call], tasks: int) -> None:
    """Add the rows and figures of some calls.

    Args:
        section: What they are added to.
        calls: All calls of all tasks; those of no function that a task needs are left out.
        tasks: How many tasks made them.
    """
    by_role: dict[str, list[Call]] = {}
    for call in calls:
        by_role.setdefault(call.role, []).append(call)
    by_function: dict[str, list[Call]] = {}
    for found in by_role.values():  # each process may have credentials of its own
        by_function.setdefault(_function(found), []).extend(found)
    by_function.pop("", None)
    for function, found in sorted(by_function.items()):
        times = Counter((call.service, call.operation) for call in found)
        for service, operation in sorted(times):
            same = [c for c in found if (c.service, c.operation) == (service, operation)]
            _row(section, function, f"{service} {operation}", same, tasks)
        _row(section, function, "all", found, tasks)
        section.figures[function] = {
            "calls": len(found) / tasks,
            "bytes": sum(c.sent + c.received for c in found) / tasks,
            "aws_ms": sum(c.aws_ms for c in found) / tasks,
            "by_call": {f"{s} {o}": n / tasks for (s, o), n in sorted(times.items())},
        }
    total = [figures["calls"] for figures in section.figures.values()]
    section.figures["all"] = {"calls": sum(total)}


def _row(section: Section, function: str, name: str, calls: list[Call], tasks: int) -> None:
    moved = sum(c.sent + c.received for c in calls) / tasks / 1000
    ms = sum(c.aws_ms for c in calls) / tasks
    section.rows.append((function, name, f"{len(calls) / tasks:.1f}", f"{moved:.1f}", f"{ms:.0f}"))


def _function(calls: list[Call]) -> str:
    """Which function it was, by a call that only it makes; empty for the sweeper."""
    made = {call.operation for call in calls}
    if "PUT films" in made:
        return "1 submit"
    if "GET films" in made:
        return "2 infer"
    return "3 callback" if "GET outcomes" in made else ""


def _noted(call: Passing, role: str, received: int) -> Call:
    if call.target:
        service = "dynamodb" if call.target.startswith("DynamoDB") else "sqs"
        operation = call.target.rpartition(".")[2]
        return Call(role, service, operation, len(call.body), received)
    # A key's first part says what it is; the rest names a client's task.
    parts = urlsplit(call.path).path.strip("/").split("/")
    prefix = parts[1] if len(parts) > 1 else "bucket"
    return Call(role, "s3", f"{call.method} {prefix}", len(call.body), received)
