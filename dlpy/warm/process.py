"""The warm process: it waits for commands, forks for each, forwards signals to it, and says how it ended."""

from __future__ import annotations

import os
import selectors
import signal
import socket
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from typing import Any

from dlpy.warm import files, messages
from dlpy.warm.child import Handed, fork
from dlpy.warm.location import peer
from dlpy.warm.surroundings import difference

_PATIENCE_SECONDS = 5  # for a request to arrive
_TO_THE_GROUP = (signal.SIGTSTP, signal.SIGCONT)  # a terminal stops the worker processes of a command too
_ENDING = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True)
class Imported:
    """What the warm process was started with, and what it has imported."""

    surroundings: dict[str, str]
    files: files.Stamps
    variables: dict[str, str]  # that imports have set


@dataclass
class Command:
    """A command of another process: accepted, then begun."""

    connection: socket.socket
    handed: Handed
    child: int | None = None


class WarmProcess:
    """Waits for commands until it is stopped, or none has come for a while."""

    def __init__(self, listener: socket.socket, imported: Imported, minutes: float, run: Callable[[], None]) -> None:
        self._listener, self._imported, self._run = listener, imported, run
        self._minutes, self._active_at = minutes, time.monotonic()
        self._commands: list[Command] = []
        self._told: list[socket.socket] = []  # who waits for the end of this process
        self._count, self._is_ending = 0, False
        self._woken, self._waking = socket.socketpair()

    def serve(self, forget: Callable[[], None]) -> None:
        """Run commands until the end.

        Args:
            forget: removes the socket, so that no more commands come.
        """
        self._listen_to_signals()
        while not self._is_over():
            for ready in self._ready():
                self._attend(ready)
            if self._is_ending or self._is_too_old():
                self._is_ending = True
                forget()

    def _is_over(self) -> bool:
        return self._is_ending and not self._commands

    def _is_too_old(self) -> bool:
        return not self._commands and time.monotonic() - self._active_at >= 60 * self._minutes

    def _listen_to_signals(self) -> None:
        self._waking.setblocking(False)
        self._woken.setblocking(False)
        signal.set_wakeup_fd(self._waking.fileno(), warn_on_full_buffer=False)
        for number in (*_ENDING, signal.SIGCHLD):
            if signal.getsignal(number) != signal.SIG_IGN or number == signal.SIGTERM:
                signal.signal(number, lambda number, frame: None)

    def _ready(self) -> list[socket.socket]:
        """Return the sockets from which something can be read; new commands last.

        A command that was killed is then gone before another one begins, which may need what it had locked.
        """
        idle = 60 * self._minutes - (time.monotonic() - self._active_at)
        with selectors.PollSelector() as selector:
            listening = [] if self._is_ending else [self._listener]
            for each in (self._woken, *(command.connection for command in self._commands), *listening):
                selector.register(each, selectors.EVENT_READ)
            found = [key.fileobj for key, _ in selector.select(None if self._commands else max(0.0, idle))]
        ready = [each for each in found if isinstance(each, socket.socket)]
        return sorted(ready, key=lambda each: each is self._listener)

    def _attend(self, ready: socket.socket) -> None:
        if ready is self._woken:
            self._wake()
        elif ready is self._listener:
            self._accept()
        else:
            for command in [command for command in self._commands if command.connection is ready]:
                self._follow(command)

    def _wake(self) -> None:
        numbers = self._woken.recv(64)
        if any(number in _ENDING for number in numbers):
            if self._is_ending:  # the second time
                for command in self._commands:
                    self._signal(command, signal.SIGTERM)
            self._is_ending = True
        for command in [command for command in self._commands if command.child is not None]:
            self._reap(command)

    def _accept(self) -> None:
        connection, _ = self._listener.accept()
        connection.settimeout(_PATIENCE_SECONDS)
        received: list[int] = []
        try:
            if peer(connection)[1] != os.geteuid():
                raise ValueError("another user")
            content, received = messages.receive(connection)
            self._answer(connection, Handed(content, received))
        except (OSError, ValueError, KeyError):
            connection.close()
            for file in received:
                with suppress(OSError):
                    os.close(file)

    def _answer(self, connection: socket.socket, handed: Handed) -> None:
        if handed.content["request"] == "run":
            if not handed.is_complete():
                raise ValueError("not a command")
            refusal = self._refusal(handed.content)
            messages.send(connection, {"refusal": refusal})
            if refusal is None:
                self._commands.append(Command(connection, handed))
                return
        elif handed.content["request"] == "stop":
            self._is_ending = True
            messages.send(connection, self._state())
            self._told.append(connection)
            return
        else:
            messages.send(connection, self._state())
        handed.close()
        connection.close()

    def _state(self) -> dict[str, Any]:
        idle = 0 if self._commands else time.monotonic() - self._active_at
        return {"process": os.getpid(), "running": len(self._commands), "begun": self._count, "idle": idle,
                "minutes": self._minutes}  # fmt: skip

    def _refusal(self, content: dict[str, Any]) -> str | None:
        """Return why a command cannot run here; None if it can."""
        found = difference(self._imported.surroundings, content["surroundings"])
        if found is not None:
            return f"{found} differs."
        file = files.changed(self._imported.files)
        if file is not None:
            self._is_ending = True
            return f"{file} has changed, so that it ends."
        return None

    def _follow(self, command: Command) -> None:
        """Begin a command, or forward signals; kill it if the process that handed it over is gone."""
        try:
            numbers = command.connection.recv(64)
        except OSError:
            numbers = b""
        if not numbers:
            self._abandon(command)
        elif command.child is None:
            self._begin(command)
        for number in filter(None, numbers):
            self._signal(command, number)

    def _begin(self, command: Command) -> None:
        self._count += 1
        command.child = fork(command.handed, self._imported.variables, self._close, self._run)
        command.handed.close()

    def _close(self) -> None:
        """Close, in a forked process, what is not its own."""
        for each in (self._listener, self._woken, self._waking, *self._told):
            each.close()
        signal.set_wakeup_fd(-1)
        for command in self._commands:
            command.connection.close()

    def _abandon(self, command: Command) -> None:
        if command.child is None:
            command.handed.close()
        else:
            os.kill(command.child, signal.SIGKILL)
            os.waitpid(command.child, 0)
        self._remove(command)

    def _signal(self, command: Command, number: int) -> None:
        if command.child is None:
            return
        sent = signal.SIGSTOP if number == signal.SIGTSTP else number
        with suppress(OSError):  # it may not have a group of its own yet
            (os.killpg if number in _TO_THE_GROUP else os.kill)(command.child, sent)

    def _reap(self, command: Command) -> None:
        """Report how a command has ended, if it has."""
        assert command.child is not None
        done, status = os.waitpid(command.child, os.WNOHANG)
        if done:
            with suppress(OSError):
                messages.send(command.connection, {"status": os.waitstatus_to_exitcode(status)})
            self._remove(command)

    def _remove(self, command: Command) -> None:
        command.connection.close()
        self._commands.remove(command)
        self._active_at = time.monotonic()
