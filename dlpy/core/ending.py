"""Ends a process as Python does, but leaves its memory to the system: freeing TensorFlow's graphs takes a while."""

from __future__ import annotations

import atexit
import os
import signal
import sys
import threading
from collections.abc import Callable
from contextlib import suppress

_SIGNAL_OF_PARENTS_DEATH = 1  # PR_SET_PDEATHSIG


def status_of(run: Callable[[], None]) -> int:
    """Run a command and what Python does at the end of a process; return the exit status for `os._exit`."""
    try:
        run()
        status = 0
    except SystemExit as end:
        status = end.code if isinstance(end.code, int) else int(end.code is not None)
    vars(threading)["_shutdown"]()  # waits for threads, as Python does
    atexit._run_exitfuncs()
    return status


def end_with_parent(parent: int) -> None:
    """Let this process be killed when its parent dies (Linux only)."""
    import ctypes

    ctypes.CDLL(None).prctl(_SIGNAL_OF_PARENTS_DEATH, signal.SIGKILL)
    if os.getppid() != parent:
        os._exit(128 + signal.SIGKILL)


def flush() -> None:
    """Write what the standard streams still hold."""
    for stream in (sys.stdout, sys.stderr):
        with suppress(AttributeError, OSError, ValueError):  # a closed stream
            stream.flush()
