"""Lock that lets at most one process train in a run directory, on whichever machine."""

from __future__ import annotations

import fcntl
import os
import platform
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TextIO

from dlpy.core.errors import RunError
from dlpy.runs.directory import PROBE, Run
from dlpy.runs.record import Record
from dlpy.storage.atomic import remove_abandoned, storage
from dlpy.storage.claim import HAS_NO_LOCKS, STALE_SECONDS, Claim, ClaimedError, claimed, holder_of

_PATIENCE_SECONDS = 0.5
ORPHAN_SECONDS = 90.0  # within which a child of a killed process ends, and the claim of a lost machine


@contextmanager
def locked(run: Run, patience: float = _PATIENCE_SECONDS) -> Iterator[None]:
    """Prevent other processes from training in this run; the lock is released however this process ends.

    On shared folders, other machines may not see the lock of the file system, or there may be none: a claim says which
    machine trains. Temporary files left by killed processes of this machine are removed.

    Args:
        patience: seconds to wait for another process to end.

    Raises:
        RunError: another process trains in this run.
    """
    path = _path(run)
    with storage(path):
        lock = path.open("a+", encoding="utf-8")
    with lock, ExitStack() as stack:
        has_lock = _locked_by_system(lock, patience, run)
        try:
            with storage(path):
                stack.enter_context(claimed(_claim(run), has_lock=has_lock, patience=patience))
        except ClaimedError as error:
            raise _claimed(run, error.claim) from None
        with storage(path):
            lock.truncate(0)
            lock.write(f"process {os.getpid()} on {platform.node()}\n")
            lock.flush()
            remove_abandoned(run.path)
            (run.path / PROBE).unlink(missing_ok=True)  # of a killed command that trained on a cluster
        yield


def _claimed(run: Run, claim: Claim) -> RunError:
    hint = f"if that machine is gone, try again in {max(STALE_SECONDS - claim.age, 1):.0f} s"
    return RunError(f"run {run.id} is locked by {claim.holder}, seen {claim.age:.0f} s ago; {hint}.")


def _locked_by_system(lock: TextIO, patience: float, run: Run) -> bool:
    """Acquire the lock of the file system; return False where it has none.

    Raises:
        RunError: another process has it.
    """
    try:
        is_ours = _taken(lock, patience)
    except OSError as error:
        if error.errno not in HAS_NO_LOCKS:
            raise
        return False
    if not is_ours:
        holder = _path(run).read_text().strip() or "another process"
        raise RunError(f"run {run.id} is already being trained by {holder}.")
    return True


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
    """Return whether a process of this machine, or of another that sees the folder, trains in this run."""
    has_lock = True
    try:
        with _path(run).open(encoding="utf-8") as lock:
            fcntl.flock(lock, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        return True
    except OSError as error:
        has_lock = error.errno not in HAS_NO_LOCKS
    return holder_of(_claim(run), has_lock=has_lock) is not None


def status_of(run: Run, record: Record) -> str:
    """Return the status in run.json, or `killed` if it says running but no process is."""
    status = record.status
    return "killed" if status == "running" and not is_locked(run) else status


def _path(run: Run) -> Path:
    return run.path / ".lock"


def _claim(run: Run) -> Path:
    return run.path / ".claim"
