"""A process forked from the warm one, which becomes the command that was handed over."""

from __future__ import annotations

import atexit
import fcntl
import importlib
import os
import shutil
import signal
import sys
import time
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from dlpy.core.ending import end_with_parent, flush, status_of

_CONTENT = {
    "surroundings": dict, "arguments": list, "variables": dict, "path": list, "files": list, "umask": int,
    "ignored": list, "blocked": list,
}  # fmt: skip


@dataclass(frozen=True)
class Handed:
    """A command that was handed over: what it was started with, and its open files."""

    content: dict[str, Any]
    files: list[int]  # the working directory, and those named in the content

    def is_complete(self) -> bool:
        """Return whether everything is there that a command needs."""
        types = {name: type(value) for name, value in self.content.items()}
        return types.items() >= _CONTENT.items() and len(self.files) == 1 + len(self.content["files"])

    def close(self) -> None:
        """Close the files."""
        for file in self.files:
            os.close(file)


def fork(handed: Handed, added: dict[str, str], close: Callable[[], None], run: Callable[[], None]) -> int:
    """Run a command in a forked process, and return the number of that process.

    Args:
        handed: the command.
        added: the environment variables that imports have set.
        close: closes what belongs to the warm process alone.
        run: runs the command line of a process, and exits.
    """
    parent, everything = os.getpid(), set(signal.Signals)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, everything)  # none may reach a child that still has our handlers
    child = os.fork()
    if child:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return child
    try:
        os.setsid()  # Ctrl-C in the terminal of the warm process is not for its commands
        end_with_parent(parent)  # which alone could say how it ended
        close()
        _take_over(handed, added)
        status = status_of(run)
    except BaseException:
        traceback.print_exc()
        status = 1
    finally:
        flush()
    os._exit(status)


def _take_over(handed: Handed, added: dict[str, str]) -> None:
    """Make this process what the command's own process is."""
    content = handed.content
    os.fchdir(handed.files[0])
    os.umask(content["umask"])
    _place(handed.files[1:], content["files"])
    os.environ.clear()
    os.environ.update(content["variables"] | added)
    time.tzset()
    sys.argv, sys.path = ["dlpy", *content["arguments"]], content["path"]
    importlib.invalidate_caches()
    atexit.unregister(shutil.rmtree)  # matplotlib's, of a folder that belongs to the warm process
    _open_streams()
    if "numpy.random" in sys.modules:
        sys.modules["numpy.random"].seed()  # Python's own generator is seeded again at a fork, NumPy's is not
    _restore_signals(content["ignored"], content["blocked"])


def _open_streams() -> None:
    """Open the standard streams again: they keep whether they are a terminal, a file or a pipe."""
    for name, number in (("stdin", 0), ("stdout", 1), ("stderr", 2)):
        old = getattr(sys, name)
        mode, lines = "w" if number else "r", 1 if number == 2 else -1
        new = open(number, mode, lines, encoding=old.encoding, errors=old.errors, closefd=False)  # noqa: SIM115
        setattr(sys, name, new)
        setattr(sys, f"__{name}__", new)


def _place(files: list[int], numbers: list[int]) -> None:
    """Give open files the numbers that they have in the command's own process."""
    aside = [fcntl.fcntl(file, fcntl.F_DUPFD_CLOEXEC, max(numbers) + 1) for file in files]
    for file in files:
        os.close(file)
    for file, number in zip(aside, numbers, strict=True):
        os.dup2(file, number)
        os.close(file)


def _restore_signals(ignored: list[int], blocked: list[int]) -> None:
    signal.set_wakeup_fd(-1)
    for number in (signal.SIGCHLD, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2):
        signal.signal(number, signal.SIG_IGN if number in ignored else signal.SIG_DFL)
    leave = signal.SIG_IGN if signal.SIGINT in ignored else lambda number, frame: os._exit(128 + number)
    signal.signal(signal.SIGINT, leave)
    signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
