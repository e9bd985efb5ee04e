"""Decodes films in other processes, which may hang, crash or be killed without harm to this one.

A small process that has imported the decoders forks one more for each film (``child.py``); limits
on time and memory are set by the kernel there. So a film costs a fork, sees no other film, and
whatever it does to its process ends in one error here. No credential of this process is in the
environment of the others.
"""

import atexit
import contextlib
import functools
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from pipelines.decoding.wire import ENDING, REQUEST, Malformed, receive, receive_reply
from pipelines.errors import FilmUnreadable, TookTooLong
from pipelines.film import Film

_START_S = 60  # imports on a busy machine
_SILENCE_S = 45  # longer than a film may take; nothing heard for so long never comes
_TIME = {signal.SIGXCPU, signal.SIGALRM}
# All that the decoders may know: where libraries lie, and no credential.
_KEPT = ("PATH", "LD_LIBRARY_PATH", "LANG", "TZ")


class _Lost(Exception):
    """The process that forks is gone."""


@dataclass(frozen=True)
class Cost:
    """What decoding a film took.

    Attributes:
        peak_bytes: Of resident memory, with the 40 MB or so that every decoder begins with.
        cpu_s: Seconds of processor time.
    """

    peak_bytes: int
    cpu_s: float


class _Forker:
    """The process that forks, and the socket to it."""

    def __init__(self, program: Sequence[str]) -> None:
        self.owner = os.getpid()
        self.control, theirs = socket.socketpair()
        with theirs:
            self._process = subprocess.Popen(  # noqa: S603  # this Python and our own program
                [sys.executable, "-P", *program],  # nothing out of the working directory
                stdin=theirs.fileno(),
                stdout=subprocess.DEVNULL,
                env=_environment(),
            )
        self._ready = False

    def wait_until_ready(self) -> None:
        if self._ready:
            return
        self.control.settimeout(_START_S)
        try:
            receive(self.control, 1)
        except (EOFError, OSError):
            raise RuntimeError("the decoder of films cannot be started") from None
        self.control.settimeout(_SILENCE_S)
        self._ready = True

    def close(self) -> None:
        self.control.close()
        if self.owner == os.getpid():
            self._process.kill()
            self._process.wait()


class Sandbox:
    """Decodes films, one at a time; threads wait for each other."""

    def __init__(self, program: Sequence[str] = ("-m", "pipelines.decoding.child")) -> None:
        """Begin; nothing runs yet.

        Args:
            program: What Python runs to decode films.
        """
        self._program = program
        self._lock = threading.Lock()
        self._forker: _Forker | None = None
        self.last_cost = Cost(0, 0.0)

    def start(self) -> None:
        """Start the process that forks, unless it runs; returns before it is ready."""
        with self._lock:
            self._started()

    def decode(self, content: bytes, enough: tuple[int, int] | None = None) -> Film:
        """Decode a film; see :func:`pipelines.film.read_film`.

        Raises:
            FilmUnreadable: It cannot be decoded, or ended the process that tried.
            TookTooLong: It was not decoded in time.
            RuntimeError: No film can be decoded: the decoder cannot be started.
        """
        with self._lock:
            for _ in range(2):  # whoever killed the process that forks, it was hardly the film
                try:
                    return self._decoded(self._started(), content, enough)
                except _Lost:
                    self._close()
                except (FilmUnreadable, TookTooLong):
                    raise
                except BaseException:
                    self._close()  # left in the middle: what comes next belongs to this film
                    raise
            raise FilmUnreadable("the image ended what decodes it")

    def close(self) -> None:
        """End the other processes; the next film starts them again."""
        with self._lock:
            self._close()

    def __enter__(self) -> Self:
        """Leave it to ``with`` to close it."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the other processes."""
        self.close()

    def _started(self) -> _Forker:
        if self._forker is not None and self._forker.owner != os.getpid():
            self._close()  # it is that of the process that this one was forked from
        if self._forker is None:
            self._forker = _Forker(self._program)
        return self._forker

    def _close(self) -> None:
        if self._forker is not None:
            self._forker.close()
            self._forker = None

    def _decoded(self, forker: _Forker, content: bytes, enough: tuple[int, int] | None) -> Film:
        forker.wait_until_ready()
        ours, theirs = socket.socketpair()
        with ours:
            with theirs, _or_lost():
                socket.send_fds(forker.control, [b"f"], [theirs.fileno()])
            ours.settimeout(_SILENCE_S)
            outcome: Film | Exception
            try:
                with contextlib.suppress(BrokenPipeError):  # it may have replied before it died
                    ours.sendall(REQUEST.pack(len(content), *(enough or (0, 0))))
                    ours.sendall(content)
                outcome = receive_reply(ours)
            except TimeoutError:
                raise TookTooLong("the image takes too long to decode") from None
            except (FilmUnreadable, Malformed, EOFError, OSError) as error:
                outcome = error
        with _or_lost():
            status, peak_bytes, cpu_s = ENDING.unpack(receive(forker.control, ENDING.size))
        self.last_cost = Cost(peak_bytes, cpu_s)
        if status == 0 and isinstance(outcome, Film):
            return outcome
        if status == 0 and isinstance(outcome, FilmUnreadable):
            raise outcome
        if os.WIFSIGNALED(status) and os.WTERMSIG(status) in _TIME:
            raise TookTooLong("the image takes too long to decode")
        raise FilmUnreadable("the image ended what decodes it")


class SandboxPool:
    """Decodes as many films at once as there are threads that ask, each in a sandbox of its own."""

    def __init__(self, make: Callable[[], Sandbox] = Sandbox) -> None:
        """Begin; nothing runs yet.

        Args:
            make: Makes a sandbox.
        """
        self._make = make
        self._all: list[Sandbox] = []
        self._idle: list[Sandbox] = []

    def start(self) -> None:
        """Start one sandbox, without waiting for it."""
        with self._one() as sandbox:
            sandbox.start()

    def decode(self, content: bytes, enough: tuple[int, int] | None = None) -> Film:
        """Decode a film; see :meth:`Sandbox.decode`."""
        with self._one() as sandbox:
            return sandbox.decode(content, enough)

    def close(self) -> None:
        """End the other processes; the next film starts them again."""
        for sandbox in self._all:
            sandbox.close()

    @contextlib.contextmanager
    def _one(self) -> Iterator[Sandbox]:
        try:
            sandbox = self._idle.pop()  # the last used: who reads one film at a time needs no other
        except IndexError:
            sandbox = self._make()
            self._all.append(sandbox)
        try:
            yield sandbox
        finally:
            self._idle.append(sandbox)


@functools.cache
def shared() -> SandboxPool:
    """The sandboxes of this process."""
    pool = SandboxPool()
    atexit.register(pool.close)
    return pool


@contextlib.contextmanager
def _or_lost() -> Iterator[None]:
    try:
        yield
    except (EOFError, OSError):
        raise _Lost from None


def _environment() -> dict[str, str]:
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    root = Path(__file__).parents[2]
    path = os.pathsep.join([str(root), *filter(None, sys.path)])
    # One thread: a process with several must not fork, and decoders need none.
    return kept | {"PYTHONPATH": path, "OPENBLAS_NUM_THREADS": "1"}
