"""The latest unfinished run of an experiment, which `--resume` continues."""

from __future__ import annotations

from dataclasses import replace

from dlpy.core.errors import RunError
from dlpy.runs.directory import Run
from dlpy.runs.how import How, HowSearched
from dlpy.runs.lookup import all_runs
from dlpy.runs.record import Record
from dlpy.training.record import Options

_OVER = ("completed", "diverged")  # a run that diverged would diverge again


def latest_unfinished(given: str, options: Options) -> Run | None:
    """Return the newest unfinished run of the same experiment; None where there is none.

    Args:
        given: the fingerprint of the experiment with its overrides.
    """
    for run in reversed(all_runs(options.folder)):
        record = _record(run)
        if record is None or record.status in _OVER:
            continue
        if record.given == given and record.kind == options.kind and _asked_for(record, options):
            return run
    return None


def _record(run: Run) -> Record | None:
    """Return run.json, or None where it is damaged: such a run cannot be resumed."""
    try:
        return run.record()
    except RunError:
        return None


def _asked_for(record: Record, options: Options) -> bool:
    """Return whether the options of the command line were the same."""
    folds = None if options.folds is None else replace(options.folds, jobs=1)
    seeds = None if options.seeds is None else options.seeds.count
    searched = options.search is not None and options.search.refit
    asked = (options.smoke, folds or How(), seeds, searched)
    counted = None if record.seeds is None else record.seeds.count
    known = replace(record.folds or How(), jobs=1)
    return asked == (record.smoke, known, counted, (record.search or HowSearched()).refit)
