"""Lock that lets at most one process train in a run directory."""

from __future__ import annotations

import fcntl
import os
import platform
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

from dlpy.core.errors import RunError
from dlpy.runs.directory import Run
from dlpy.runs.record import Record
from dlpy.storage.atomic import remove_abandoned, storage

_PATIENCE_SECONDS = 0.5
ORPHAN_SECONDS = 60.0  # within which a child process ends after its parent was killed, even on a busy machine


@contextmanager
def locked(run: Run, patience: float = _PATIENCE_SECONDS) -> Iterator[None]:
    """Prevent other processes from training in this run; the lock is released however this process ends.

    Temporary files left by killed processes are removed.

    Args:
        patience: seconds to wait for another process to end.

    Raises:
        RunError: another process trains in this run.
    """
    path = _path(run)
    with storage(path):
        lock = path.open("a+", encoding="utf-8")
    with lock:
        if not _taken(lock, patience):
            raise RunError(f"run {run.id} is already being trained by {path.read_text().strip() or 'another process'}.")
        with storage(path):
            lock.truncate(0)
            lock.write(f"process {os.getpid()} on {platform.node()}\n")
            lock.flush()
            remove_abandoned(run.path)
        yield


def _taken(lock: TextIO, patience: float) -> bool:
    """Acquire the lock, retrying because `is_locked` holds it for a moment; return whether that worked."""
    until = time.monotonic() + patience
    while True:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() > until:
                return False
            time.sleep(0.01)
        else:
            return True


def is_locked(run: Run) -> bool:
    """Return whether a process on this machine trains in this run."""
    try:
        with _path(run).open(encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError:
        return False
    return False


def status_of(run: Run, record: Record) -> str:
    """Return the status in run.json, or `killed` if it says running but no process is."""
    status = record.status
    return "killed" if status == "running" and not is_locked(run) else status


def _path(run: Run) -> Path:
    return run.path / ".lock"
