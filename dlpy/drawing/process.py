"""The process that draws the plots of a command, so that matplotlib never loads in the one that trains.

It is forked before TensorFlow is imported, and imports matplotlib at the same time; or from a new fork of the warm
process, whose threads do not run in it. For the plots it forks once more, so that two processes draw. Where a fork is
not safe, or there is one processor only, the command draws its plots itself.
"""

from __future__ import annotations

import json
import os
import signal
import socket
import sys
import threading
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from dlpy.core import keras_backend, own_process
from dlpy.core.ending import end_with_parent
from dlpy.core.timing import stage
from dlpy.drawing.ahead import import_ahead, import_plots
from dlpy.drawing.by_two import draw_by_two
from dlpy.drawing.here import Tell, draw_here
from dlpy.runs.directory import Run
from dlpy.storage.atomic import remove_abandoned

_OWN_THREADS = 2  # of a command: the main thread, and the one that waits for signals
_NOT_ITS_OWN = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)  # the command decides when it ends


@dataclass(frozen=True)
class DrawingProcess:
    """A process that draws, and the connection to it."""

    number: int
    stream: TextIO

    def draw(self, run: Run, tell: Tell, names: list[str] | None) -> bool:
        """Draw plots of a run in this process; return False if it was killed."""
        with suppress(OSError, ValueError):  # of a closed connection, or a line that is cut off
            _write(self.stream, {"run": str(run.path), "names": names})
            for line in self.stream:
                notice = json.loads(line)["notice"]
                if notice is None:
                    return True
                tell(notice)
        return False

    def end(self) -> None:
        """End it, and its fork."""
        with suppress(ProcessLookupError, ChildProcessError):  # where SIGCHLD is ignored, nobody has to wait for it
            os.kill(self.number, signal.SIGKILL)
            os.waitpid(self.number, 0)
        with suppress(OSError, ValueError), self.stream:  # a line may be cut off
            self.stream.read()  # up to its end, when the fork is dead, too


_current: DrawingProcess | None = None


def begin() -> None:
    """Fork the drawing process of this command, if that is safe and there is a processor for it."""
    global _current
    if _current is None and _is_possible():
        with suppress(OSError):  # a limit of processes or memory is reached: the command draws its plots itself
            _current = _forked()


def begin_for_few() -> None:
    """Fork the drawing process for a few figures: not with TensorFlow, whose memory takes longer to fork than these."""
    if "tensorflow" not in sys.modules:
        begin()


def begin_to_import() -> None:
    """Begin to import what draws plots in another thread, unless another process draws them."""
    if _current is None:
        import_ahead()


def end() -> None:
    """End the drawing process, if there is one."""
    global _current
    ended, _current = _current, None
    if ended is not None:
        ended.end()


@stage("plots")
def draw_all(run: Run, tell: Tell, names: list[str] | None = None) -> None:
    """Draw the named plots, or all, that apply to a finished run; one that fails is skipped, reported and logged."""
    if _current is not None and _is_drawn_by(_current, run, tell, names):
        return
    keras_backend.give_back_memory()  # from training
    draw_here(run, tell, names)


def _is_drawn_by(drawing: DrawingProcess, run: Run, tell: Tell, names: list[str] | None) -> bool:
    """Let a process draw; if it was killed, or an exception interrupts this, end it and return False or raise."""
    is_done = False
    try:
        is_done = drawing.draw(run, tell, names)
    finally:
        if not is_done:
            end()
            remove_abandoned(run.plots)  # what it was writing
    return is_done


def _is_possible() -> bool:
    if sys.platform != "linux" or not own_process.is_claimed() or len(os.sched_getaffinity(0)) == 1:
        return False
    imported = "tensorflow" in sys.modules  # which has threads that Python does not know, but not in a new fork
    threads = len([*Path("/proc/self/task").iterdir()]) if imported else threading.active_count()
    return threads <= _OWN_THREADS


def _forked() -> DrawingProcess:
    ours, its = socket.socketpair()
    with ours, its:
        before = signal.pthread_sigmask(signal.SIG_BLOCK, set(signal.Signals))  # none may reach our handlers in a child
        try:
            parent, child = os.getpid(), os.fork()
            if child == 0:
                ours.close()
                _be(its, parent, before)
        finally:
            signal.pthread_sigmask(signal.SIG_SETMASK, before)
        return DrawingProcess(child, ours.makefile("rw", encoding="utf-8"))


def _be(connection: socket.socket, parent: int, blocked: Iterable[int]) -> None:
    """Draw what the command asks for, until it closes the connection or dies; this never returns."""
    try:
        end_with_parent(parent)
        _close_all_but(connection.fileno())
        signal.set_wakeup_fd(-1)
        for number in _NOT_ITS_OWN:
            signal.signal(number, signal.SIG_IGN)
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)  # it waits for a fork of its own
        signal.pthread_sigmask(signal.SIG_SETMASK, blocked)
        import_plots()
        with connection.makefile("rw", encoding="utf-8") as stream:
            for line in stream:
                asked = json.loads(line)
                draw_by_two(Run(Path(asked["run"])), lambda text: _write(stream, {"notice": text}), asked["names"])
                _write(stream, {"notice": None})
    finally:
        os._exit(0)


def _close_all_but(kept: int) -> None:
    """Close the command's files, such as locks, which would be held as long as this process; the streams stay open."""
    os.closerange(3, kept)
    os.closerange(kept + 1, os.sysconf("SC_OPEN_MAX"))


def _write(stream: TextIO, content: dict[str, object]) -> None:
    stream.write(json.dumps(content) + "\n")
    stream.flush()
