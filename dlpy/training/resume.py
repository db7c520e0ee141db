"""Resumes an interrupted run, which ends with the same bits as an uninterrupted one."""

from __future__ import annotations

import os
import platform
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory

from dlpy.components.estimator import EstimatorModel
from dlpy.core import keras_backend
from dlpy.core.errors import ConfigError, RunError
from dlpy.data.validate import check
from dlpy.drawing.process import begin as begin_to_draw
from dlpy.drawing.process import draw_all
from dlpy.engine.replicas import Peers
from dlpy.runs.checkpoint_files import CheckpointState
from dlpy.runs.directory import FINAL_MODEL, FOLDS, KFOLD, SEARCH_KIND, SEEDS, Run, forget_outdated
from dlpy.runs.history import read_history
from dlpy.runs.how import How, Place, Seeds
from dlpy.runs.lock import locked
from dlpy.runs.outcome import record_outcome
from dlpy.training.changes import changed_data, changed_files, changed_replicas, changed_surroundings, refuse
from dlpy.training.estimators import start_again
from dlpy.training.evaluate import read_config
from dlpy.training.fold_files import done_folds
from dlpy.training.kfold import validate, with_folds
from dlpy.training.loaded_rows import loaded_again
from dlpy.training.pipeline import transform
from dlpy.training.prepare import Prepared, with_rows
from dlpy.training.record import told_of_data
from dlpy.training.reporter import Reporter
from dlpy.training.rewind import reached, rewound
from dlpy.training.seeds import Job, done_seeds, finish_seeds
from dlpy.training.train import finish
from dlpy.training.workshop import Workshop


def is_complete(run: Run) -> bool:
    """Return whether training is complete and all its files are written."""
    return run.record().status == "completed"


def resume(run: Run, command: str, reporter: Reporter, *, allow_inexact: bool, jobs: int | None = None) -> Run:
    """Resume a run from its last checkpoint and return it; after training, only write the files that follow it.

    Args:
        jobs: the number of folds or seeds to train at once; as before unless given.

    Raises:
        RunError: the run cannot be resumed, or would not reproduce the uninterrupted run.
    """
    require_resumable(run)
    with locked(run):
        prepared, changes = _prepared(run, None, allow_inexact=allow_inexact)
        if run.record().kind == "kfold":
            _resume_folds(run, prepared, Resume(command, changes), reporter, jobs)
        elif run.record().kind == SEEDS:
            _resume_seeds(run, prepared, Resume(command, changes), reporter, jobs)
        else:
            _resume_training(run, prepared, Resume(command, changes), reporter)
    return run


def resume_with(peers: Peers, run: Run, command: str, reporter: Reporter, *, allow_inexact: bool) -> Run | None:
    """Resume a run together with other processes, and return it in the first; the others work on copies."""
    require_resumable(run)
    if run.record().kind != "train":
        raise ConfigError(f"--workers: run {run.id} is a {run.record().kind} of several trainings; leave it out.")
    with _copied(run, peers) as own, locked(own):
        prepared, changes = _prepared(own, peers, allow_inexact=allow_inexact)
        peers.require_same("data", prepared.loaded.fingerprint())
        prepared = replace(prepared, shop=Workshop(peers=peers))
        _resume_training(own, prepared, Resume(command, changes), reporter)
    return None if peers.rank else run


@contextmanager
def _copied(run: Run, peers: Peers) -> Iterator[Run]:
    """Yield the run, or a copy for a process that does not write it; all begin when all have theirs."""
    with TemporaryDirectory(prefix="dlpy-") as folder:
        own = run
        if peers.rank:
            own = Run(Path(shutil.copytree(run.path, Path(folder) / run.id, symlinks=True)))
        peers.require_same("run", run.id)
        yield own


def _prepared(run: Run, peers: Peers | None, *, allow_inexact: bool) -> tuple[Prepared, list[str]]:
    """Return a run's experiment with its rows, and what changed since the run started.

    Raises:
        RunError: the run cannot be resumed, or would not reproduce the uninterrupted run.
    """
    require_resumable(run)  # the process that held the lock may have completed it
    keras_backend.check_settings()
    if peers is None or peers.rank == 0:
        begin_to_draw()
    experiment, document = read_config(run)
    packages = experiment.model.needs().values() if isinstance(experiment.model, EstimatorModel) else ()
    changes = changed_surroundings(run, experiment.plugins, packages)
    changes += changed_replicas(run, experiment, peers)
    refuse(run, changes, allow_inexact=allow_inexact)
    loaded = loaded_again(run, experiment)
    changes += changed_data(run, loaded.fingerprint(), loaded.source.description)
    changes += changed_files(run, experiment)
    refuse(run, changes, allow_inexact=allow_inexact)
    return with_rows(experiment, document, loaded), changes


def move(run: Run, place: Place) -> None:
    """Have the trainings of an unfinished run that are left take place elsewhere.

    Raises:
        RunError: the run holds one training alone.
    """
    if run.record().kind not in (KFOLD, SEEDS, SEARCH_KIND):
        raise RunError(f"--on: run {run.id} has no folds, seeds or trials; leave this option out.")
    with locked(run):
        run.update(place=asdict(place))


@dataclass(frozen=True)
class Resume:
    """What run.json records of a resume: the command, and what changed since the start."""

    command: str
    changes: list[str]


def _resume_training(run: Run, prepared: Prepared, what: Resume, reporter: Reporter) -> None:
    data, pipeline = transform(prepared.experiment, prepared.parts, prepared.loaded.task)
    check(data)
    reporter.data_ready(prepared.loaded, data, prepared.experiment)
    before, state = seconds_of(run), None
    if isinstance(prepared.experiment.model, EstimatorModel):
        start_again(run)
        reporter.notice(f"{prepared.experiment.model.name} is trained again from the start")
    else:
        state = _rewound(run, reporter)
        reporter.notice(f"resumed after epoch {reached(state)} of {prepared.experiment.training.epochs}")
    record_resume(run, what, _after(state))
    if what.changes:
        run.update(**told_of_data(prepared.experiment, prepared.loaded, data.task))
    with record_outcome(run, before):
        finish(run, replace(prepared, checkpoint=state), data, pipeline, reporter)
        if not prepared.follows:
            draw_all(run, reporter.notice)


def _resume_folds(run: Run, prepared: Prepared, what: Resume, reporter: Reporter, jobs: int | None) -> None:
    prepared, first = with_folds(prepared)
    reporter.data_ready(prepared.loaded, first, prepared.experiment)
    before, how = seconds_of(run), run.record().folds or How()
    how = how if jobs is None else replace(how, jobs=jobs)
    state = None
    if run.metrics.is_file():  # the final model has begun
        if isinstance(prepared.experiment.model, EstimatorModel):
            start_again(run)
        else:
            state = _rewound(run, reporter)
            reporter.notice(f"resumed after epoch {reached(state)} of the final model")
    record_resume(run, what, {"after_folds": done_folds(run), **({} if state is None else _after(state))})
    run.update(folds=asdict(how))
    if what.changes:
        run.update(**told_of_data(prepared.experiment, prepared.loaded, first.task))
    with record_outcome(run, before):
        validate(run, replace(prepared, checkpoint=state), how, reporter)
        draw_all(run, reporter.notice)


def _resume_seeds(run: Run, prepared: Prepared, what: Resume, reporter: Reporter, jobs: int | None) -> None:
    data, pipeline = transform(prepared.experiment, prepared.parts, prepared.loaded.task)
    check(data)
    reporter.data_ready(prepared.loaded, data, prepared.experiment)
    before, how = seconds_of(run), run.record().seeds or Seeds(1)
    how = how if jobs is None else replace(how, jobs=jobs)
    record_resume(run, what, {"after_seeds": done_seeds(run)})
    run.update(seeds=asdict(how))
    if what.changes:
        run.update(**told_of_data(prepared.experiment, prepared.loaded, data.task))
    with record_outcome(run, before):
        finish_seeds(Job(run, prepared, data, pipeline), reporter)
        draw_all(run, reporter.notice)


def _after(state: CheckpointState | None) -> dict[str, int]:
    return {f"after_{name}": 0 if state is None else getattr(state, name) or 0 for name in ("epoch", "step")}


def require_resumable(run: Run) -> None:
    """Raise RunError where the run cannot be resumed."""
    if run.owner is not None:
        what = "a fold" if run.path.parent.name == FOLDS else "one of several seeds"
        raise RunError(f"run {run.id} is {what}: resume all of them with dlpy resume {run.owner.id}.")
    if run.path.name == FINAL_MODEL and _has_final_training(Run(run.path.parent)):
        whole = Run(run.path.parent)
        raise RunError(f"run {run.id} is the final model of run {whole.id}: dlpy resume {whole.id} resumes both.")
    record = run.record()
    if record.kind == "kfold" and record.folds is None:
        raise RunError(f"run {run.id} is a k-fold run of an earlier dlpy, which kept no folds: run its command again.")
    if record.status == "diverged":
        reason = f"run {run.id} diverged ({record.exit_reason}) and would diverge again"
        raise RunError(f"{reason}: change its experiment and train it with dlpy train.")
    if record.status == "completed":
        raise RunError(f"run {run.id} is complete: there is nothing to resume.")


def _has_final_training(run: Run) -> bool:
    """Return whether the folder `refit` of a run belongs to its own training, and not to a search."""
    return run.read("run.json").get("kind") == "train"


def _rewound(run: Run, reporter: Reporter) -> CheckpointState | None:
    """Bring the run's files back to its last checkpoint and return its state."""
    state = rewound(run, reporter)
    forget_outdated(run)
    return state


def record_resume(run: Run, what: Resume, after: dict[str, int]) -> None:
    """Record in run.json that the run is resumed, and from where."""
    time = datetime.now().astimezone().isoformat(timespec="seconds")
    entry = {"time": time, **after, "command": what.command, "inexact": what.changes}
    process = {"pid": os.getpid(), "host": platform.node()}
    resumes = [*run.record().resumes, entry]
    run.update(status="running", exit_reason=None, **process, resumes=resumes)
    told = ", ".join(f"{name.replace('_', ' ')} {number}" for name, number in after.items())
    run.append_log(f"resumed {told}: {what.command}")


def seconds_of(run: Run) -> float:
    """Return the seconds that the run took so far; of a killed process only the epochs are known."""
    record = run.record()
    known = record.seconds or 0.0
    return known if record.status != "running" else max(known, sum(map(_trained, run.path.rglob("metrics.csv"))))


def _trained(metrics: Path) -> float:
    """Return the seconds at the end of the last complete epoch."""
    try:
        history = read_history(metrics)
    except RunError:
        return 0.0  # damaged: reported where it matters
    return 0.0 if history is None else float(history.seconds[-1])
