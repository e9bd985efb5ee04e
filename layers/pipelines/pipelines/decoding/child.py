"""The process that is forked for each film; started as ``python -m pipelines.decoding.child``.

Its standard input is a socket. For every descriptor that comes through it, it forks a process that
reads a film from there, decodes it under limits, replies and ends; how that ended goes back through
the socket. It imports everything beforehand, so that a film costs a fork and not an import, and it
never sees a film itself. It ends when the other side of the socket closes.
"""

import gc
import os
import resource
import signal
import socket
import sys
from pathlib import Path
from typing import NoReturn

# What Pillow would import when the first film needs it.
from PIL import (  # noqa: F401
    BmpImagePlugin,
    Jpeg2KImagePlugin,
    JpegImagePlugin,
    PngImagePlugin,
    TiffImagePlugin,
)

from pipelines.decoding.formats import decode
from pipelines.decoding.wire import ENDING, REQUEST, receive, send_error, send_film
from pipelines.errors import FilmUnreadable

# Whatever is within MAX_PIXELS takes less; what takes more was made to.
MEMORY_BYTES = 512 * 2**20  # beside what the process has when it begins
CPU_S = 5  # 50 million pixels take less than two in every format but RLE
WALL_S = 30  # a machine that has other things to do


def main() -> None:
    """Fork a process for each film until the other side closes."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the one that asked
    with socket.socket(fileno=os.dup(sys.stdin.fileno())) as control:
        gc.collect()
        gc.freeze()  # or the first collection in each child would copy every page
        control.sendall(b"r")
        while True:
            _, descriptors, _, _ = socket.recv_fds(control, 1, 1)
            if not descriptors:
                return
            with socket.socket(fileno=descriptors[0]) as channel:
                pid = os.fork()
                if pid == 0:
                    control.close()
                    _read(channel)
            _, status, used = os.wait4(pid, 0)
            peak_bytes = used.ru_maxrss * (1 if sys.platform == "darwin" else 1024)
            control.sendall(ENDING.pack(status, peak_bytes, used.ru_utime + used.ru_stime))


def _read(channel: socket.socket) -> NoReturn:
    """Decode one film and end: by ``_exit``, since nothing is to be cleaned up or said."""
    try:
        _limit()
        size, rows, columns = REQUEST.unpack(receive(channel, REQUEST.size))
        content = bytes(receive(channel, size))
        try:
            film = decode(content, (rows, columns) if rows else None)
        except FilmUnreadable as error:
            send_error(channel, str(error))
        else:
            send_film(channel, film)
        os._exit(0)
    except BaseException:  # noqa: BLE001  # told by its ending
        os._exit(1)


def _limit() -> None:
    nothing = os.open(os.devnull, os.O_RDWR)
    for standard in (0, 1, 2):
        os.dup2(nothing, standard)  # libraries in C print what they find
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S + 1))
    statm = Path("/proc/self/statm")
    if statm.exists():  # macOS has neither this nor a limit that it keeps
        address_space = int(statm.read_text().split()[0]) * resource.getpagesize()
        allowed = address_space + MEMORY_BYTES
        resource.setrlimit(resource.RLIMIT_AS, (allowed, allowed))
    signal.setitimer(signal.ITIMER_REAL, WALL_S)  # nobody handles it: the kernel ends the process


if __name__ == "__main__":
    main()
