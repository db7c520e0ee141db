"""Resumes a search, which ends with the same trials, scores and best experiment as an uninterrupted one."""

from __future__ import annotations

from dlpy.components.estimator import EstimatorModel
from dlpy.core import keras_backend
from dlpy.core.errors import RunError
from dlpy.drawing.process import draw_all
from dlpy.experiment.experiment import Experiment
from dlpy.experiment.ranges import Space
from dlpy.runs.directory import Run, forget_outdated
from dlpy.runs.how import HowSearched
from dlpy.runs.lock import locked
from dlpy.runs.outcome import record_outcome
from dlpy.runs.trials import Trial, read_trials
from dlpy.search.directory import read_search
from dlpy.search.reporter import SearchReporter
from dlpy.search.samplers import sampler_of
from dlpy.search.search import continued
from dlpy.search.trainer import forget_trial
from dlpy.training.changes import changed_data, changed_surroundings, refuse
from dlpy.training.loaded_rows import loaded_again
from dlpy.training.resume import Resume, record_resume, seconds_of


def resume_search(
    run: Run, command: str, reporter: SearchReporter, *, allow_inexact: bool, retry_failed: bool = False
) -> None:
    """Train the trials of a search that have not ended, and write what it found.

    Args:
        run: the search.
        command: the command line.
        reporter: shows the trials.
        allow_inexact: whether to go on although data, versions or search.yaml have changed.
        retry_failed: whether to train the failed trials again.

    Raises:
        RunError: the search is complete, or would not find what an uninterrupted one finds.
    """
    again = _failed(run) if retry_failed else []
    _require_unfinished(run, again)
    with locked(run):
        _require_unfinished(run, again)  # the process that held the lock may have completed it
        keras_backend.check_settings()
        space, experiment = read_search(run)
        _require_points_of(space, run)
        packages = experiment.model.needs().values() if isinstance(experiment.model, EstimatorModel) else ()
        changes = changed_surroundings(run, experiment.plugins, packages) + _changed_sampler(run, space, experiment)
        refuse(run, changes, allow_inexact=allow_inexact)
        loaded = loaded_again(run, experiment)
        changes += changed_data(run, loaded.fingerprint(), loaded.source.description)
        refuse(run, changes, allow_inexact=allow_inexact)
        before, ended = seconds_of(run), len(read_trials(run)) - len(again)
        for trial in again:
            forget_trial(run, trial.number)
        forget_outdated(run)
        record_resume(run, Resume(command, changes), {"after_trials": ended})
        with record_outcome(run, before):
            continued(run, loaded, reporter, again, before)
            draw_all(run, reporter.notice)


def _failed(run: Run) -> list[Trial]:
    return [trial for trial in read_trials(run) if trial.status == "failed"]


def _require_unfinished(run: Run, again: list[Trial]) -> None:
    status = run.record().status
    if again or status not in ("completed", "diverged"):
        return
    if status == "completed":
        raise RunError(f"search {run.id} is complete: there is nothing to resume.")
    hint = "change its experiment, or train its failed trials again with dlpy resume --retry-failed"
    raise RunError(f"search {run.id} found nothing ({run.record().exit_reason}): {hint}.")


def _require_points_of(space: Space, run: Run) -> None:
    """Raise RunError if the log has trials of another search."""
    known = {*space.all_names()}
    for trial in read_trials(run):
        if strange := next((name for name in trial.point if name not in known), None):
            wrong = f"trial {trial.number} has the option '{strange}', which is no range in search.yaml"
            raise RunError(f"{run.path / 'trials.jsonl'}: {wrong}: it is the log of another search.")


def _changed_sampler(run: Run, space: Space, experiment: Experiment) -> list[str]:
    """Return a line if the library that proposes trials is another one than at the start."""
    how = run.record().search or HowSearched()
    sampler = sampler_of(space, experiment.search, experiment.seed, direction=how.direction)
    return [] if sampler.version == how.sampler else [f"sampler: {how.sampler} then, {sampler.version} now"]
