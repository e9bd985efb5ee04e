"""A submitted film."""

import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from xray.client.errors import TaskCancelled, TaskFailed
from xray.client.transport import Transport

_FIRST_LOOK_S = 0.3  # a film takes about a second
_LONGEST_GAP_S = 5.0


@dataclass(frozen=True)
class Task:
    """What became of a film.

    Attributes:
        id: The taskId.
    """

    id: str
    transport: Transport

    def status(self) -> Mapping[str, Any]:
        """How it stands, as the contract says.

        Raises:
            NotFound: There is no such task.
            ClientError: The service did not answer, or refused.
        """
        return self.transport.call("GET", self._path)

    def wait(self, timeout_s: float = 600.0) -> dict[str, Any]:
        """Wait for the report.

        Args:
            timeout_s: How long.

        Returns:
            The report: ``data`` of the contract.

        Raises:
            TaskFailed: The film was not read.
            TaskCancelled: Somebody cancelled it.
            TimeoutError: It takes longer.
            ClientError: The service did not answer, or refused.
        """
        deadline, gap = time.monotonic() + timeout_s, _FIRST_LOOK_S
        while (task := self.status())["status"] not in ("completed", "failed", "cancelled"):
            left = deadline - time.monotonic()
            if left <= 0:
                raise TimeoutError(f"no report after {timeout_s:g} s")
            time.sleep(min(gap, left))
            gap = min(gap * 1.5, _LONGEST_GAP_S)
        if task["status"] == "cancelled":
            raise TaskCancelled(f"task {self.id} was cancelled")
        if task["error"]:
            raise TaskFailed(task["error"]["code"], task["error"]["message"])
        data: dict[str, Any] = task["data"]
        return data

    def result(self) -> dict[str, Any]:
        """The stored result, as the callback has it.

        Raises:
            NotInThisState: There is none.
            ClientError: The service did not answer, or refused.
        """
        link = self.transport.link(f"{self._path}/result")
        document: dict[str, Any] = json.loads(self.transport.elsewhere("GET", link))
        return document

    def cancel(self) -> None:
        """Let nobody read on, and no callback be sent.

        Raises:
            NotInThisState: It has ended.
            ClientError: The service did not answer, or refused.
        """
        self.transport.call("DELETE", self._path)

    def redeliver(self) -> None:
        """Have the stored result delivered again.

        Raises:
            NotInThisState: There is none, or it is being delivered at this moment.
            ClientError: The service did not answer, or refused.
        """
        self.transport.call("POST", f"{self._path}/callback", repeatable=False)

    @property
    def _path(self) -> str:
        return f"/api/v1/task/{self.id}"
