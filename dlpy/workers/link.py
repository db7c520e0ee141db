"""A connection to another process: messages of JSON or of arrays, each with its length. No message executes code."""

from __future__ import annotations

import json
import socket
import struct
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np

_HEAD = struct.Struct(">cQ")
_SIZE = struct.Struct(">QQ")  # rows and bytes of an array
_MOST_JSON = 1 << 24
_DEAD_SECONDS = 8  # after which a machine that does not answer counts as gone


class LinkError(Exception):
    """The connection is lost, or the other process sends something else than is expected."""


class Link:
    """A connection that is open."""

    def __init__(self, connected: socket.socket) -> None:
        self._socket = connected
        wanted = [(socket.SOL_SOCKET, "SO_KEEPALIVE", 1), (socket.IPPROTO_TCP, "TCP_NODELAY", 1)]
        alive = {"TCP_KEEPIDLE": 3, "TCP_KEEPINTVL": 2, "TCP_KEEPCNT": 2, "TCP_USER_TIMEOUT": 1000 * _DEAD_SECONDS}
        wanted += [(socket.IPPROTO_TCP, name, value) for name, value in alive.items()]
        for level, name, value in wanted:
            if hasattr(socket, name):  # not on every system
                with suppress(OSError):
                    connected.setsockopt(level, getattr(socket, name), value)

    def wait_at_most(self, seconds: float | None) -> None:
        """Let sending and receiving fail after this time; None: never."""
        self._socket.settimeout(seconds)

    def close(self) -> None:
        """Close the connection; the other process then gets LinkError."""
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def send_json(self, value: Any) -> None:
        """Send a JSON value."""
        text = json.dumps(value).encode()
        self._send(_HEAD.pack(b"J", len(text)) + text)

    def receive_json(self) -> Any:
        """Return the next message, a JSON value."""
        size = self._head(b"J")
        if size > _MOST_JSON:
            raise LinkError("a message is too long")
        try:
            return json.loads(self._receive(size))
        except ValueError:
            raise LinkError("a message is damaged") from None

    def send_arrays(self, arrays: Sequence[np.ndarray]) -> None:
        """Send arrays, whose types and shapes after the first axis the other process knows."""
        sizes = [_SIZE.pack(array.shape[0] if array.ndim else 1, array.nbytes) for array in arrays]
        self._send(_HEAD.pack(b"A", len(arrays)) + b"".join(sizes))
        for array in arrays:
            self._send(np.ascontiguousarray(array).reshape(-1).view(np.uint8).data if array.size else b"")

    def receive_arrays(self, alike: Sequence[np.ndarray]) -> list[np.ndarray]:
        """Return arrays of the types and shapes of these; the first axis may have any length."""
        if self._head(b"A") != len(alike):
            raise LinkError("it is at another step")
        sizes = [_SIZE.unpack(self._receive(_SIZE.size)) for _ in alike]
        found = []
        for (rows, size), like in zip(sizes, alike, strict=True):
            array = _room(rows, size, like)
            self._receive_into(array.reshape(-1).view(np.uint8).data if array.size else memoryview(b""))
            found.append(array)
        return found

    def _head(self, kind: bytes) -> int:
        found, size = _HEAD.unpack(self._receive(_HEAD.size))
        if found != kind:
            raise LinkError("it is at another step")
        return size

    def _send(self, data: bytes | memoryview) -> None:
        try:
            self._socket.sendall(data)
        except OSError as error:
            raise LinkError(error.strerror or str(error)) from None

    def _receive(self, size: int) -> bytes:
        data = bytearray(size)
        self._receive_into(memoryview(data))
        return bytes(data)

    def _receive_into(self, place: memoryview) -> None:
        while place.nbytes:
            try:
                count = self._socket.recv_into(place)
            except OSError as error:
                raise LinkError(error.strerror or str(error)) from None
            if not count:
                raise LinkError("it closed the connection")
            place = place[count:]


def _room(rows: int, size: int, like: np.ndarray) -> np.ndarray:
    """Return an empty array for this many rows and bytes, if they fit the type and the shape."""
    shape = (rows, *like.shape[1:]) if like.ndim else ()
    numbers = 1
    for length in shape:
        numbers *= length
    if numbers * like.dtype.itemsize != size:
        raise LinkError("its arrays have other shapes")
    return np.empty(shape, like.dtype)
