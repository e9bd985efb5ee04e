"""What a decoding process and the one that asked for a film say to each other.

A request is its header and the film's file. A reply is its header, and then either the pixels or
the words of an error.
"""

import math
import socket
import struct
from typing import NoReturn

import numpy as np

from pipelines.errors import FilmUnreadable
from pipelines.film import MAX_PIXELS, Film

REQUEST = struct.Struct("=Q2I")  # bytes of the file; rows and columns that suffice, 0 for all
ENDING = struct.Struct("=iqd")  # wait status of a process; its peak memory in bytes; its seconds

_REPLY = struct.Struct("=2s4I2dH")  # see _head
_ERROR = b"er"
_TYPES = {b"u1": np.uint8, b"u2": np.uint16, b"i4": np.int32, b"f4": np.float32}


class Malformed(Exception):
    """A reply that no decoder of ours makes."""


def receive(channel: socket.socket, size: int) -> bytearray:
    """Receive exactly so many bytes.

    Raises:
        EOFError: The other side ended before.
    """
    content = bytearray(size)
    _fill(channel, memoryview(content))
    return content


def send_film(channel: socket.socket, film: Film) -> None:
    """Reply with a film."""
    pixels = np.ascontiguousarray(film.pixels)
    if not pixels.dtype.isnative:
        pixels = pixels.astype(pixels.dtype.newbyteorder("="))
    kind = pixels.dtype.str[1:].encode()
    rows, columns = pixels.shape
    spacing = film.spacing_mm or (0.0, 0.0)
    channel.sendall(_REPLY.pack(kind, rows, columns, film.width, film.height, *spacing, 0))
    channel.sendall(pixels.data.cast("B"))


def send_error(channel: socket.socket, message: str) -> None:
    """Reply that the film is unreadable."""
    words = message.encode()
    channel.sendall(_REPLY.pack(_ERROR, 0, 0, 0, 0, 0.0, 0.0, len(words)) + words)


def receive_reply(channel: socket.socket) -> Film:
    """Receive a reply, which is not trusted: a film may have taken its decoder over.

    Raises:
        FilmUnreadable: That is the reply.
        Malformed: It is none.
        EOFError: The other side ended before.
    """
    kind, rows, columns, width, height, row_mm, column_mm, words = _REPLY.unpack(
        receive(channel, _REPLY.size)
    )
    if kind == _ERROR:
        _raise(receive(channel, words))
    if kind not in _TYPES or not (0 < rows <= height and 0 < columns <= width):
        raise Malformed
    if width * height > MAX_PIXELS or not math.isfinite(row_mm + column_mm):
        raise Malformed
    pixels = np.empty((rows, columns), dtype=_TYPES[kind])
    _fill(channel, pixels.data.cast("B"))
    return Film(pixels, width, height, (row_mm, column_mm) if row_mm > 0 < column_mm else None)


def _raise(words: bytearray) -> NoReturn:
    text = words.decode(errors="replace")
    raise FilmUnreadable("".join(letter for letter in text if letter.isprintable()))


def _fill(channel: socket.socket, view: memoryview) -> None:
    while view:
        count = channel.recv_into(view)
        if not count:
            raise EOFError
        view = view[count:]
