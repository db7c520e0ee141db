"""A child process of a worker, seen from the worker: it is given tasks through a pipe, and ends with the worker."""

from __future__ import annotations

import os
import pickle
import queue
import subprocess
import sys
import threading
from collections.abc import Callable
from contextlib import suppress
from typing import IO, cast

from dlpy.core.environment import SETTINGS

Surroundings = tuple[tuple[tuple[str, str], ...], str | None]
_ASK_SECONDS = 0.5
MISSING = 30  # signs of life, of which each side sends one a second during a task, until the other counts as frozen
_PATIENCE_SECONDS = 10.0  # time for a step and for saving its state


class Child:
    """A process that trains.

    Args of an instance:
        surroundings: the environment variables that affect results, as where the run was started, and the GPUs.
    """

    def __init__(self, surroundings: Surroundings) -> None:
        self.surroundings = surroundings
        settings, _ = surroundings
        others = {name: value for name, value in os.environ.items() if name not in SETTINGS}
        command = [sys.executable, "-m", "dlpy.cluster.child_process"]
        pipe, environment = subprocess.PIPE, others | dict(settings)
        self._process = subprocess.Popen(command, env=environment, stdin=pipe, stdout=pipe, stderr=subprocess.DEVNULL)
        self._tasks = cast("IO[bytes]", self._process.stdin)
        self._outcomes = cast("IO[bytes]", self._process.stdout)
        self._arrived: queue.Queue[bytes | None] = queue.Queue()
        threading.Thread(target=self._receive, daemon=True).start()

    def _receive(self) -> None:
        """Pass on what the process sends: empty signs of life, outcomes, and None when it has ended."""
        with self._outcomes, suppress(OSError, EOFError, pickle.UnpicklingError):
            while True:
                self._arrived.put(pickle.load(self._outcomes))
        self._arrived.put(None)

    def is_alive(self) -> bool:
        """Return whether the process still runs."""
        return self._process.poll() is None

    def run(self, order: tuple[bytes, str | None], is_wanted: Callable[[], bool]) -> bytes | None:
        """Return the outcome of a task as bytes; None if the process was killed, or the task is not wanted."""
        try:
            return self._outcome(order, is_wanted)
        except BaseException:  # the worker cancels the task
            self.end()
            raise

    def _outcome(self, order: tuple[bytes, str | None], is_wanted: Callable[[], bool]) -> bytes | None:
        missing = 0.0
        with suppress(OSError):
            self._send(order)
            while missing < MISSING and is_wanted():
                self._send(None)
                try:
                    found = self._arrived.get(timeout=_ASK_SECONDS)
                except queue.Empty:
                    missing += _ASK_SECONDS
                    continue
                if found != b"":
                    return found if found is not None else self.end()
                missing = 0.0
        if missing >= MISSING:
            self._process.kill()  # a frozen process ignores other signals
        return self.end()

    def _send(self, content: tuple[bytes, str | None] | None) -> None:
        """Send a task, or None as a sign of life."""
        pickle.dump(content, self._tasks)
        self._tasks.flush()

    def end(self) -> None:
        """End the process after its current step, or immediately if that takes too long."""
        self._process.terminate()
        try:
            self._process.wait(_PATIENCE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        with suppress(OSError):
            self._tasks.close()
