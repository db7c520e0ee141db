"""How a run ended, written into run.json however that was."""

from __future__ import annotations

import resource
import shutil
import signal
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from dlpy.core import signals
from dlpy.core.errors import DivergedError, DlpyError, SetupError, StorageError, in_one_line
from dlpy.core.suggestions import command
from dlpy.runs.directory import Run


@contextmanager
def record_outcome(run: Run, before: float = 0.0) -> Iterator[None]:
    """Keep run.json's status true, however the work inside ends; where no training began, leave no run behind.

    Args:
        before: seconds that the run took until it was resumed.
    """
    started = time.monotonic() - before

    def close(status: str, reason: str) -> None:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        seconds = round(time.monotonic() - started, 3)
        run.update(status=status, exit_reason=reason, seconds=seconds, peak_memory_bytes=peak)
        run.append_log(f"{status}: {reason}")

    def ended(error: BaseException) -> None:
        if not _has_begun(run):
            shutil.rmtree(run.path, ignore_errors=True)
            return
        with suppress(StorageError):  # a full disk may be what ended it, and is told then
            close(*_ending(error))
            if not isinstance(error, KeyboardInterrupt | signals.Stopped | DlpyError):
                run.append_log(traceback.format_exc())
        error.add_note(f"Its run, as far as it came: {run.path}{_way_on(run, error)}")

    try:
        with signals.last_words(ended):
            yield
            close("completed", "done")
    except BaseException as error:
        ended(signals.behind(error) or error)
        raise


def _has_begun(run: Run) -> bool:
    """Return whether there is something in the directory that training gave."""
    kept = [run.checkpoints, run.metrics, run.path / "folds", run.path / "summary.json"]
    return any(path.exists() for path in kept) or bool(run.read("run.json").get("resumes"))


def _way_on(run: Run, error: BaseException) -> str:
    """Return how training can go on, or what is left of it that is of use."""
    if isinstance(error, DivergedError):
        return last_finite(run)
    if not isinstance(error, KeyboardInterrupt | signals.Stopped | StorageError | SetupError | MemoryError):
        return ""
    return f"; to go on: {command('resume', run.path)}"


def last_finite(run: Run, place: str = "") -> str:
    """Return where a training that diverged keeps its last checkpoint, in words; nothing where it has none.

    Args:
        run: it, or one of its folds.
        place: where that lies in the run directory.
    """
    last = run.checkpoints / "last"
    return f"; its last finite state: {place}checkpoints/{last.readlink()}" if last.is_symlink() else ""


def _ending(error: BaseException) -> tuple[str, str]:
    """Return the status and the reason to record where training ended with an error."""
    if isinstance(error, KeyboardInterrupt):
        return "interrupted", "SIGINT"
    if isinstance(error, signals.Stopped):
        return "interrupted", signal.Signals(error.number).name
    if isinstance(error, BrokenPipeError):
        return "interrupted", "nobody reads its output any more"
    if isinstance(error, DlpyError):
        return "diverged" if isinstance(error, DivergedError) else "failed", str(error)
    return "failed", in_one_line(error)
