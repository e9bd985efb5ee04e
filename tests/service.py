"""The running service as a test sees it: its API, its receiver, and what it keeps."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

import requests

from tests.builders import form_body, new_id
from tests.kill_proxy import KillProxy
from xray.cloud import LocalCloud
from xray.receiver import Answer, Received, Receiver


@dataclass(frozen=True)
class Service:
    """A deployed service, a receiver of its callbacks, and the proxy that can kill functions."""

    cloud: LocalCloud
    receiver: Receiver
    proxy: KillProxy
    secret: str

    def request(self, method: str, path: str, **options: Any) -> requests.Response:
        return requests.request(method, self.cloud.api_url + path, timeout=60, **options)

    def post_raw(self, content_type: str, body: bytes) -> requests.Response:
        headers = {"Content-Type": content_type}
        return self.request("POST", "/api/v1/analyze", data=body, headers=headers)

    def post(self, fields: dict[str, str], image: bytes | None) -> requests.Response:
        return self.post_raw(*form_body(fields, image, boundary="a-boundary-of-the-tests"))

    def fields(self, task_id: str) -> dict[str, str]:
        """The form of a film whose callback comes to this receiver."""
        url = self.receiver.url(f"/{task_id}")
        return {"taskId": task_id, "taskType": "ceph", "callbackUrl": url}

    def accepted(
        self,
        image: bytes,
        task_id: str | None = None,
        callback_url: str | None = None,
    ) -> str:
        fields = self.fields(task_id or new_id())
        if callback_url:
            fields["callbackUrl"] = callback_url
        answer = self.post(fields, image)
        assert answer.status_code == 202, answer.text
        assert answer.json()["taskId"] == fields["taskId"]
        return fields["taskId"]

    def accepted_at_once(self, images: list[bytes]) -> list[str]:
        with ThreadPoolExecutor(len(images)) as threads:
            return list(threads.map(self.accepted, images))

    def task(self, task_id: str) -> requests.Response:
        return self.request("GET", f"/api/v1/task/{task_id}")

    def callback(self, task_id: str, sweeping: bool = False, seconds: float = 60) -> Received:
        """The first callback of a task; ``sweeping`` runs the sweeper while it waits."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            try:
                return self.receiver.wait(f"/{task_id}", timeout_s=0.5)[0]
            except TimeoutError:
                if sweeping:
                    self.cloud.sweep()
        raise AssertionError(f"no callback in {seconds} s: {self.task(task_id).text}")

    def posts(self, task_id: str) -> list[bytes]:
        """The bodies of every callback of a task so far."""
        return [r.body for r in self.receiver.received if r.path == f"/{task_id}"]

    def answer(self, task_id: str, *statuses: int) -> None:
        """What the receiver answers to a task's callbacks, in turn."""
        self.receiver.answer(f"/{task_id}", *[Answer(status=status) for status in statuses])

    def wait_for(
        self,
        task_id: str,
        condition: Callable[[dict[str, Any]], bool],
        sweeping: bool = False,
        seconds: float = 60,
    ) -> dict[str, Any]:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            task: dict[str, Any] = self.task(task_id).json()
            if condition(task):
                return task
            if sweeping:
                self.cloud.sweep()
            time.sleep(0.3)
        raise AssertionError(f"not in {seconds} s: {task}")

    def wait_until(self, condition: Callable[[], bool], seconds: float = 30) -> None:
        """Wait for something that follows without an answer to wait for."""
        end = time.monotonic() + seconds
        while not condition():
            assert time.monotonic() < end, f"not in {seconds} s"
            time.sleep(0.2)

    def record(self, task_id: str) -> dict[str, Any]:
        """The task as the table has it, numbers as ``int``."""
        item = self.cloud.client("dynamodb").get_item(
            TableName=self.cloud.outputs["TaskTable"],
            Key={"id": {"S": f"local#{task_id}"}},
            ConsistentRead=True,
        )["Item"]
        return {
            name: int(float(value["N"])) if "N" in value else next(iter(value.values()))
            for name, value in item.items()
        }

    def keys(self, prefix: str) -> list[str]:
        listed = self.cloud.client("s3").list_objects_v2(
            Bucket=self.cloud.outputs["FilmBucket"], Prefix=prefix
        )
        return [entry["Key"] for entry in listed.get("Contents", [])]
