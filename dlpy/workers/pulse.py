"""A second connection, by which a process notices that another one is frozen or its machine is gone."""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable
from contextlib import suppress

SILENT_SECONDS = 8.0
_BEATS = 4  # that may be missing, counted so that a process that was frozen itself does not blame the others


class Pulse:
    """Sends a byte every second, and expects as many.

    Args of an instance:
        connected: to the other process.
        silent: called once, in a thread, when the other process sends nothing for 8 seconds.
    """

    def __init__(self, connected: socket.socket, silent: Callable[[], None]) -> None:
        self._socket, self._silent, self._is_over = connected, silent, threading.Event()
        connected.settimeout(SILENT_SECONDS / _BEATS / 2)
        threading.Thread(target=self._beat, daemon=True).start()

    def close(self) -> None:
        """End without a word."""
        self._is_over.set()
        with suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
        self._socket.close()

    def _beat(self) -> None:
        missing = 0
        while not self._is_over.wait(SILENT_SECONDS / _BEATS / 2):
            try:
                missing = 0 if self._is_heard() else missing + 1
            except OSError:  # the process ended: the connection of the data says so, too
                return
            if missing == _BEATS and not self._is_over.is_set():
                self._silent()
                return

    def _is_heard(self) -> bool:
        """Return whether the other process has sent something.

        Raises:
            OSError: the connection is closed.
        """
        try:
            self._socket.send(b".")
            if not self._socket.recv(4096):
                raise ConnectionError
        except TimeoutError:
            return False
        return True
