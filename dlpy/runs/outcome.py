"""Records how a run ended in run.json."""

from __future__ import annotations

import resource
import shutil
import signal
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from dlpy.core import signals, timing
from dlpy.core.errors import DivergedError, DlpyError, SetupError, StorageError, in_one_line
from dlpy.core.suggestions import command
from dlpy.runs.directory import FINAL_MODEL, SEEDS, Run


@contextmanager
def record_outcome(run: Run, before: float = 0.0) -> Iterator[None]:
    """Record status and duration in run.json however the block ends; remove the run if training did not start.

    Args:
        before: seconds that the run had taken before it was resumed.
    """
    started = time.monotonic() - before

    def close(status: str, reason: str) -> None:
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024
        seconds = round(time.monotonic() - started, 3)
        taken = timing.seconds()
        measured = {} if taken is None else {"stages": taken}
        run.update(status=status, exit_reason=reason, seconds=seconds, peak_memory_bytes=peak, **measured)
        run.append_log(f"{status}: {reason}")

    def ended(error: BaseException) -> None:
        if not _has_begun(run):
            shutil.rmtree(run.path, ignore_errors=True)
            return
        with suppress(StorageError):  # a full disk may be the cause, and is reported as such
            close(*_ending(error))
            if not isinstance(error, KeyboardInterrupt | signals.Stopped | DlpyError):
                run.append_log(traceback.format_exc())
        if not _is_final_model(run):  # the search that it belongs to says how to go on
            error.add_note(f"The run so far: {run.path}{_next_step(run, error)}")

    try:
        with signals.last_words(ended):
            yield
            close("completed", "done")
    except BaseException as error:
        ended(signals.behind(error) or error)
        raise


def _has_begun(run: Run) -> bool:
    """Return whether training has written anything to the directory."""
    several = [run.path / folder for folder in ("folds", SEEDS, "trials")]
    kept = [run.checkpoints, run.metrics, *several, run.path / "summary.json"]
    return any(path.exists() for path in kept) or bool(run.read("run.json").get("resumes"))


def _is_final_model(run: Run) -> bool:
    """Return whether a run is the final model of a search."""
    return run.path.name == FINAL_MODEL and (run.path.parent / "run.json").is_file()


def _next_step(run: Run, error: BaseException) -> str:
    """Return how to resume, or where the last usable state is."""
    if isinstance(error, DivergedError):
        return last_finite(run)
    if not isinstance(error, KeyboardInterrupt | signals.Stopped | StorageError | SetupError | MemoryError):
        return ""
    return f"; to resume: {command('resume', run.path)}"


def last_finite(run: Run, place: str = "") -> str:
    """Return a phrase that names the last checkpoint of a diverged run, or an empty text if it has none.

    Args:
        run: the run, or one of its folds.
        place: path of the fold in the run directory, such as folds/01/.
    """
    last = run.checkpoints / "last"
    return f"; last finite state: {place}checkpoints/{last.readlink()}" if last.is_symlink() else ""


def _ending(error: BaseException) -> tuple[str, str]:
    """Return the status and exit reason to record for an error."""
    if isinstance(error, KeyboardInterrupt):
        return "interrupted", "SIGINT"
    if isinstance(error, signals.Stopped):
        return "interrupted", signal.Signals(error.number).name
    if isinstance(error, BrokenPipeError):
        return "interrupted", "standard output was closed"
    if isinstance(error, DlpyError):
        return "diverged" if isinstance(error, DivergedError) else "failed", str(error)
    return "failed", in_one_line(error)
