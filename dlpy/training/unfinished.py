"""Which run a command with --resume goes on with: for scripts and job queues that begin the same command again."""

from __future__ import annotations

from dlpy.core.errors import RunError
from dlpy.runs.directory import Run, all_runs
from dlpy.runs.record import How, Record
from dlpy.training.record import Options

_OVER = ("completed", "diverged")  # a run that diverged would do so again


def latest_unfinished(given: str, options: Options) -> Run | None:
    """Return the newest run of the same experiment that is not over; None where there is none.

    Args:
        given: what the experiment, overrides included, is told by.
    """
    for run in reversed(all_runs(options.folder)):
        record = _record(run)
        if record is None or record.status in _OVER:
            continue
        if record.given == given and record.kind == options.kind and _asked_for(record, options):
            return run
    return None


def _record(run: Run) -> Record | None:
    """Return run.json, None where it is damaged: then it is no run to go on with."""
    try:
        return run.record()
    except RunError:
        return None


def _asked_for(record: Record, options: Options) -> bool:
    """Return whether the command line asked for the same, apart from the experiment."""
    refit = options.folds is not None and options.folds.refit
    return record.smoke == options.smoke and (record.folds or How()).refit == refit
