"""One execution environment of a container function: a process that serves one handler.

Started as ``python worker.py HANDLER_FILE`` in a session of its own. Events come in as lines of
JSON on standard input and answers leave on what was standard output; whatever the handler prints
goes to standard error. When the input ends, because the parent died of whatever cause, the whole
process group ends at once, in the middle of an event too. The file uses the standard library only
and is started by its path.
"""

import contextlib
import importlib.util
import json
import os
import queue
import signal
import sys
import threading
import time
import traceback
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

Handler = Callable[[Any, Any], Any]


@dataclass(frozen=True)
class Context:
    """What Lambda tells a handler about its invocation; the names are Lambda's."""

    aws_request_id: str
    function_name: str
    invoked_function_arn: str
    memory_limit_in_mb: int
    deadline_ms: int
    function_version: str = "$LATEST"

    def get_remaining_time_in_millis(self) -> int:
        """Milliseconds until this process is killed."""
        return max(0, self.deadline_ms - int(time.time() * 1000))


def main(file: Path) -> None:
    """Load the handler, then answer events until the input ends.

    Args:
        file: The module with ``handler`` and, if loading takes long, ``warm_up``.
    """
    answers = _take_over_output()
    events: queue.SimpleQueue[str] = queue.SimpleQueue()
    threading.Thread(target=_listen, args=(events,), daemon=True).start()
    try:
        handler = _load(file)
    except Exception as error:  # noqa: BLE001 - whatever the module raises goes to the parent
        traceback.print_exc()
        _say(answers, {"error": _described(error)})
        os._exit(1)  # an ordinary exit would wait for the thread that reads the input
    _say(answers, {"ready": True})
    # On AWS every environment has its own processor. Here one machine does it all, and whoever
    # posts a film must not wait for those that are being read.
    os.nice(10)
    while True:
        _say(answers, _answer(handler, json.loads(events.get())))


def _take_over_output() -> TextIO:
    """Keep standard output for answers and lead everything printed, by C code too, to the log."""
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    return answers


def _listen(events: "queue.SimpleQueue[str]") -> None:
    for line in sys.stdin:
        events.put(line)
    os.killpg(0, signal.SIGKILL)


def _load(file: Path) -> Handler:
    sys.path.insert(0, str(file.parent))
    spec = importlib.util.spec_from_file_location(file.stem, file)
    if spec is None or spec.loader is None:
        raise ImportError(f"cannot import {file}")
    module = importlib.util.module_from_spec(spec)
    sys.modules[file.stem] = module
    spec.loader.exec_module(module)
    handler: Handler = module.handler
    if hasattr(module, "warm_up"):
        module.warm_up()
    return handler


def _answer(handler: Handler, call: Mapping[str, Any]) -> dict[str, Any]:
    try:
        result = handler(call["event"], Context(**call["context"]))
        # Checked here: what is not JSON is the handler's error, as Lambda has it.
        return {"result": json.loads(json.dumps(result))}
    except Exception as error:  # noqa: BLE001 - Lambda answers for every error of a handler
        traceback.print_exc()
        return {"error": _described(error)}


def _described(error: Exception) -> dict[str, Any]:
    """An error in the form in which Lambda answers it."""
    return {
        "errorType": type(error).__name__,
        "errorMessage": str(error),
        "stackTrace": traceback.format_tb(error.__traceback__),
    }


def _say(answers: TextIO, document: Mapping[str, Any]) -> None:
    with contextlib.suppress(BrokenPipeError):
        answers.write(json.dumps(document) + "\n")
        answers.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
