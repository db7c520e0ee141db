"""Messages between a command and the warm process: JSON with its length in front, and open files beside it."""

from __future__ import annotations

import json
import os
import socket
import struct
from collections.abc import Sequence
from typing import Any

MOST_FILES = 200  # that one message may carry; the kernel allows 253
_MOST_BYTES = 32 << 20
_LENGTH = struct.Struct(">I")


class ClosedError(OSError):
    """The other side has closed the connection."""


def send(connection: socket.socket, content: dict[str, Any], files: Sequence[int] = ()) -> None:
    """Send a message, and copies of open files."""
    body = json.dumps(content).encode()
    socket.send_fds(connection, [_LENGTH.pack(len(body))], list(files))
    connection.sendall(body)


def receive(connection: socket.socket) -> tuple[dict[str, Any], list[int]]:
    """Return the next message and the open files that came with it.

    Raises:
        OSError: the connection is closed, or no message comes in time.
        ValueError: what comes is not a message.
    """
    head, files, _, _ = socket.recv_fds(connection, _LENGTH.size, MOST_FILES, socket.MSG_CMSG_CLOEXEC)
    try:
        head += _exactly(connection, _LENGTH.size - len(head))
        (length,) = _LENGTH.unpack(head)
        if length > _MOST_BYTES:
            raise ValueError(f"a message of {length:,} bytes")
        content = json.loads(_exactly(connection, length))
        if not isinstance(content, dict):
            raise ValueError("a message without names")
    except BaseException:
        for file in files:
            os.close(file)
        raise
    return content, files


def _exactly(connection: socket.socket, length: int) -> bytes:
    parts = bytearray()
    while len(parts) < length:
        part = connection.recv(min(length - len(parts), 1 << 20))
        if not part:
            raise ClosedError("closed")
        parts += part
    return bytes(parts)
