"""The process that follows a run: started by training, ended after it."""

from __future__ import annotations

import json
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from dlpy.core.errors import on_a_line
from dlpy.runs.directory import Run
from dlpy.runs.lock import status_of
from dlpy.storage.cache import alone
from dlpy.trackers.choice import Choice
from dlpy.trackers.follow import follow

_CODE = (
    "import json, sys; given = json.loads(sys.argv[1]); sys.path[:] = given['path']; "
    "from dlpy.trackers.process import main; main(given)"
)
_PATIENCE_SECONDS = 60.0  # for what is left to send when a command ends; the process itself has ten times as long
_NICENESS = 10
_started: list[Follower] = []  # in this process, and not yet ended


class Follower:
    """A process that sends a run to a tracker. It ends after its standard input is closed, however that happens."""

    def __init__(self, run: Run, choice: Choice) -> None:
        self.name = choice.name
        self.errors: list[str] = []
        self.shown = 0  # of the errors, while training went on
        self.notices: list[str] = []
        self._unread = b""
        given = {"path": sys.path, "run": str(run.path), "choice": choice.to_record()}
        command = [sys.executable, "-c", _CODE, json.dumps(given)]
        (run.path / "trackers").mkdir(exist_ok=True)
        with (run.path / "trackers" / f"{choice.name}.log").open("w") as log:
            self._process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, start_new_session=True
            )
        os.set_blocking(self._output, False)
        _started.append(self)

    @property
    def _output(self) -> int:
        return self._process.stdout.fileno() if self._process.stdout else -1

    def read(self) -> None:
        """Read the lines that the process has written, without waiting."""
        with suppress(BlockingIOError):
            while part := os.read(self._output, 65536):
                self._unread += part
        *lines, self._unread = self._unread.split(b"\n")
        for line in lines:
            kind, _, text = line.decode("utf-8", "replace").partition(" ")
            (self.errors if kind == "error" else self.notices).append(text)

    def new_errors(self) -> list[str]:
        """Return the errors that the process has reported since the last call."""
        self.read()
        new, self.shown = self.errors[self.shown :], len(self.errors)
        return new

    def let_go(self) -> None:
        """Let the process send the rest and end; this does not wait for it."""
        if self._process.stdin is not None:
            self._process.stdin.close()

    def wait(self, until: float) -> bool:
        """Return whether the process ended before a time of the monotonic clock."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(max(0.0, until - time.monotonic()))
        self.read()
        return self._process.returncode is not None

    @property
    def ending(self) -> str:
        """What is to be said of the process when it was waited for."""
        if self._process.returncode is None:
            return f"{self.name}: process {self._process.pid} is still sending, and continues in the background"
        return f"{self.name}: the process that sends to it ended with status {self._process.returncode}"


@contextmanager
def followers(say: Callable[[str], None], complain: Callable[[str], None], *, quiet: bool) -> Iterator[None]:
    """End the processes that the block starts, after it: wait for them, unless the block fails, and show what they say.

    Args:
        say: shows a notice. complain: shows an error. quiet: whether errors were not shown while training went on.
    """
    try:
        yield
        _wait(say, complain, quiet=quiet)
    finally:
        while _started:
            _started.pop().let_go()


def _wait(say: Callable[[str], None], complain: Callable[[str], None], *, quiet: bool) -> None:
    for follower in _started:
        follower.let_go()
    until = time.monotonic() + _PATIENCE_SECONDS
    for follower in _started:
        has_ended = follower.wait(until)
        for line in follower.errors if quiet else follower.new_errors():
            complain(line)
        for line in follower.notices:
            say(line)
        if not has_ended or not (follower.errors or follower.notices):
            complain(follower.ending)


def main(given: dict) -> None:
    """Follow a run; this is all that the process does."""
    run, choice = Run(Path(given["run"])), Choice.from_record(given["choice"])
    os.nice(_NICENESS)
    lines = os.fdopen(os.dup(1), "w", encoding="utf-8", errors="backslashreplace")
    os.dup2(2, 1)  # what libraries print belongs into the log

    def tell(kind: str, text: str) -> None:
        with suppress(BrokenPipeError):
            lines.write(f"{kind} {on_a_line(text)}\n")
            lines.flush()

    with alone(run.path / "trackers" / choice.name):  # of a killed training, a process may still be sending
        follow(run, choice, lambda seconds: _is_over(run, seconds), tell)


def _is_over(run: Run, seconds: float) -> bool:
    """Wait, and return whether the training process let go or is gone, or has finished this one of several runs."""
    if select.select([0], [], [], seconds)[0]:
        signal.alarm(int(10 * _PATIENCE_SECONDS))  # from here on this process may not stay for ever
        time.sleep(0.2)  # until the locks of a killed process are released
        return True
    return run.owner is not None and status_of(run, run.record()) != "running"
