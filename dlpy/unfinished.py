"""Which run a command with --resume goes on with: for scripts and job queues that begin the same command again."""

from __future__ import annotations

from typing import Any

from dlpy.errors import RunError
from dlpy.records import Options
from dlpy.runs import Run, all_runs

_OVER = ("completed", "diverged")  # a run that diverged would do so again


def latest_unfinished(given: str, options: Options) -> Run | None:
    """Return the newest run of the same experiment that is not over; None where there is none.

    Args:
        given: what the experiment, overrides included, is told by.
    """
    for run in reversed(all_runs(options.folder)):
        record = _record(run)
        same = record.get("given") == given and record.get("kind") == options.kind
        if same and _asked_for(record, options) and record.get("status") not in _OVER:
            return run
    return None


def _record(run: Run) -> dict[str, Any]:
    """Return run.json, an empty one where it is damaged: then it is no run to go on with."""
    try:
        return run.read("run.json")
    except RunError:
        return {}


def _asked_for(record: dict[str, Any], options: Options) -> bool:
    """Return whether the command line asked for the same, apart from the experiment."""
    refit = options.folds is not None and options.folds.refit
    return record.get("smoke") == options.smoke and record.get("folds", {}).get("refit", False) == refit
