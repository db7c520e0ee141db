"""Follows a run while it is trained, and sends what it writes to a tracker.

This is the work of a process of its own, which reads the run directory alone. So training cannot be slowed or stopped
by a tracker, and what waits to be sent is on disk, not in memory.
"""

from __future__ import annotations

from collections.abc import Callable

from dlpy.core.errors import in_one_line
from dlpy.core.suggestions import command
from dlpy.runs.directory import Run
from dlpy.trackers.choice import Choice
from dlpy.trackers.sending import Sending

_SECONDS = 1.0  # between two looks
_MOST_SECONDS = 60.0  # after failures
_LAST_ATTEMPTS = 3


def follow(run: Run, choice: Choice, is_over: Callable[[float], bool], tell: Callable[[str, str], None]) -> None:
    """Send what a run writes until it is over, and then its files and its status.

    A tracker that fails is reported once, and tried again later.

    Args:
        is_over: waits for at most that many seconds; whether the run has ended.
        tell: shows a line: its kind, "error" or "notice", and the text.
    """
    attempts = Attempts(run, choice, tell)
    sending = Sending(run, choice.tracker(), with_files=choice.files)
    wait = 0.0
    while not is_over(wait):
        wait = _SECONDS if attempts(sending.send_new) else min(_MOST_SECONDS, max(2.0, 2 * wait))
    for _ in range(_LAST_ATTEMPTS):
        if attempts(sending.finish):
            tell("notice", sending.line)
            return
        is_over(1.0)


class Attempts:
    """Calls what may fail, and reports the first failure."""

    def __init__(self, run: Run, choice: Choice, tell: Callable[[str, str], None]) -> None:
        self._run, self._choice, self._tell = run, choice, tell
        self._has_failed = False

    def __call__(self, work: Callable[[], None]) -> bool:
        """Return whether the work succeeded."""
        try:
            work()
        except (Exception, SystemExit) as error:  # a tracker may raise anything
            if not self._has_failed:
                self._tell("error", failure(self._run, self._choice, error))
            self._has_failed = True
            return False
        return True


def failure(run: Run, choice: Choice, error: BaseException) -> str:
    """Return the line about a tracker that failed."""
    later = command("track", run.path, *choice.command_options())
    reason = in_one_line(error)[:300]
    return f"{choice.name}: {reason}. Training continues, and sending is tried again; to send the rest later: {later}"
