"""The execution environments of one container function, and what Lambda does with them.

An environment is a process that handles one event at a time. One that dies is replaced at once; one
that is still busy at its deadline is killed.
"""

import contextlib
import json
import os
import queue
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from xray.cloud import worker
from xray.cloud.errors import with_log

_READY_TIMEOUT_S = 120
_RESTART_GAP_S = 1.0  # a handler that cannot be loaded is tried again, without a storm

Answer = dict[str, Any]


@dataclass(frozen=True)
class Function:
    """What is served.

    Attributes:
        handler: The file with the function's ``handler``.
        variables: The processes' whole environment.
        log: File that everything printed is appended to.
        memory_mb: What the handler is told about its memory.
        first_variables: What the environment of one of the processes has besides.
    """

    handler: Path
    variables: Mapping[str, str]
    log: Path
    memory_mb: int
    first_variables: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class Invocation:
    """One event for a function."""

    event: Any
    request_id: str
    function_name: str
    function_arn: str
    deadline_ms: int

    @property
    def remaining_s(self) -> float:
        """Seconds until the deadline, not below zero."""
        return max(0.0, self.deadline_ms / 1000 - time.time())


class Environment:
    """One process; :meth:`invoke` is for one thread at a time."""

    def __init__(self, function: Function) -> None:
        """Start the process and wait until its handler is loaded.

        Args:
            function: What it serves.

        Raises:
            CloudError: The handler cannot be loaded; the text quotes the log.
        """
        self._memory_mb = function.memory_mb
        with function.log.open("ab") as log:
            # A session of its own, so that it and its children are killed together.
            self._process = subprocess.Popen(
                [sys.executable, "-P", worker.__file__, str(function.handler)],
                env=dict(function.variables),
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
                stderr=log,
                text=True,
                start_new_session=True,
            )
        self._answers: queue.SimpleQueue[Answer | None] = queue.SimpleQueue()
        self.ended = threading.Event()
        threading.Thread(target=self._listen, daemon=True).start()
        try:
            loaded = "ready" in (self._next(_READY_TIMEOUT_S) or {})
        except TimeoutError:
            loaded = False
        if not loaded:
            self.kill()
            self.ended.wait()
            raise with_log(f"{function.handler} cannot be loaded", function.log)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    def invoke(self, invocation: Invocation) -> Answer:
        """Let the handler handle an event.

        Args:
            invocation: The event, and what the context says.

        Returns:
            ``{"result": …}``, or ``{"error": …}`` as Lambda words it.
        """
        context = {
            "aws_request_id": invocation.request_id,
            "function_name": invocation.function_name,
            "invoked_function_arn": invocation.function_arn,
            "memory_limit_in_mb": self._memory_mb,
            "deadline_ms": invocation.deadline_ms,
        }
        with contextlib.suppress(BrokenPipeError, ValueError):  # just died: no answer follows
            self._send({"event": invocation.event, "context": context})
        try:
            answer = self._next(invocation.remaining_s)
        except TimeoutError:
            self.kill()
            return _failure("Sandbox.Timedout", f"{invocation.request_id} Task timed out")
        return answer or _failure(
            "Runtime.ExitError", f"RequestId: {invocation.request_id} Error: Runtime exited"
        )

    def kill(self) -> None:
        """Kill the process and every process that it started."""
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)

    def _send(self, document: Mapping[str, Any]) -> None:
        if self._process.stdin:
            self._process.stdin.write(json.dumps(document) + "\n")
            self._process.stdin.flush()

    def _next(self, timeout_s: float) -> Answer | None:
        """The next answer; ``None`` if the process ends instead."""
        try:
            return self._answers.get(timeout=timeout_s)
        except queue.Empty:
            raise TimeoutError from None

    def _listen(self) -> None:
        if self._process.stdout:
            for line in self._process.stdout:
                self._answers.put(json.loads(line))
            self._process.stdout.close()
        self._process.wait()
        self.kill()  # what it started may have outlived it
        with contextlib.suppress(BrokenPipeError):
            if self._process.stdin:
                self._process.stdin.close()
        self.ended.set()
        self._answers.put(None)


class Environments:
    """A fixed number of environments that serve one function."""

    def __init__(self, function: Function, count: int) -> None:
        """Start all of them and wait until they are loaded.

        Args:
            function: What they serve.
            count: How many.

        Raises:
            CloudError: The handler cannot be loaded.
        """
        self._closing = threading.Event()
        self._idle: queue.SimpleQueue[Environment] = queue.SimpleQueue()
        self._living: set[Environment] = set()
        self._lock = threading.Lock()
        failures: list[Exception] = []

        first = replace(function, variables={**function.variables, **function.first_variables})

        def start(served: Function) -> None:
            try:
                self._add(served)
            except Exception as error:  # noqa: BLE001 - raised again in the caller's thread
                failures.append(error)

        served = (first, *[function] * (count - 1))
        starters = [threading.Thread(target=start, args=(one,)) for one in served]
        for starter in starters:
            starter.start()
        for starter in starters:
            starter.join()
        if failures:
            self.close()
            raise failures[0]

    @property
    def pids(self) -> list[int]:
        """The process ids of those that live."""
        with self._lock:
            return sorted(environment.pid for environment in self._living)

    def invoke(self, invocation: Invocation) -> Answer:
        """Let a free environment handle an event; waits for one until the deadline.

        Args:
            invocation: The event, and what the context says.
        """
        while True:
            try:
                environment = self._idle.get(timeout=invocation.remaining_s)
            except queue.Empty:
                return _failure("Sandbox.Timedout", f"{invocation.request_id} Task timed out")
            if not environment.ended.is_set():
                break
        answer = environment.invoke(invocation)
        if answer.get("error", {}).get("errorType") != "Sandbox.Timedout":
            self._idle.put(environment)
        return answer

    def close(self) -> None:
        """Kill all of them."""
        self._closing.set()
        with self._lock:
            living = list(self._living)
        for environment in living:
            environment.kill()
        for environment in living:
            environment.ended.wait()

    def _add(self, function: Function) -> None:
        environment = Environment(function)
        with self._lock:
            self._living.add(environment)
            if self._closing.is_set():
                environment.kill()
        threading.Thread(
            target=self._replace_when_ended, args=(environment, function), daemon=True
        ).start()
        self._idle.put(environment)

    def _replace_when_ended(self, environment: Environment, function: Function) -> None:
        environment.ended.wait()
        with self._lock:
            self._living.discard(environment)
        while not self._closing.is_set():
            try:
                self._add(function)
                return
            except Exception as error:  # noqa: BLE001 - tried again; the log has it
                with function.log.open("a", encoding="utf-8") as log:
                    log.write(f"not replaced yet: {error}\n")
                self._closing.wait(_RESTART_GAP_S)


def _failure(kind: str, message: str) -> Answer:
    return {"error": {"errorType": kind, "errorMessage": message}}
