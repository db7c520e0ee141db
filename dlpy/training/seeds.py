"""Several seeds under one run: the same rows in the same parts, so that only chance in training differs.

Each seed has a run directory of its own, whose status is `completed` once all its files are written.
"""

from __future__ import annotations

import time
from dataclasses import replace
from functools import lru_cache
from pathlib import Path

from dlpy.components.estimator import EstimatorModel
from dlpy.components.model import GenerativeModel
from dlpy.core.errors import DivergedError
from dlpy.drawing.process import draw_all
from dlpy.experiment.document import Document
from dlpy.experiment.experiment import Experiment
from dlpy.runs.checkpoint_files import CheckpointState
from dlpy.runs.directory import SEEDS, Run
from dlpy.runs.history import read_history
from dlpy.runs.how import Seeds
from dlpy.runs.lock import locked
from dlpy.runs.outcome import last_finite, record_outcome
from dlpy.training.callbacks import checkpoint_of
from dlpy.training.evaluate import read_config
from dlpy.training.in_folder import Assignment, claimed
from dlpy.training.loaded_rows import loaded_again
from dlpy.training.parts import Notices, Trainings, train_parts
from dlpy.training.pipeline import transform
from dlpy.training.prepare import Job, with_rows
from dlpy.training.record import Options, save_splits, settle_config
from dlpy.training.reporter import Reporter
from dlpy.training.rewind import begun, reached
from dlpy.training.seed_summary import summarize_seeds
from dlpy.training.seeds_together import begin_seed, train_at_once
from dlpy.training.together import pays
from dlpy.training.train import finish, started
from dlpy.training.workshop import Workshop


def train_seeds(experiment: Experiment, document: Document, options: Options, reporter: Reporter) -> Run:
    """Train an experiment with several seeds and return the run directory that holds a run for each.

    Args:
        options: `seeds` says how many.
    """
    job = started(experiment, document, replace(options, kind=SEEDS), reporter)
    run = job.run
    settle_config(run, job.prepared.experiment)
    with locked(run), record_outcome(run):
        finish_seeds(job, reporter)
        draw_all(run, reporter.notice)
    return run


def finish_seeds(job: Job, reporter: Reporter) -> None:
    """Train the seeds that are not done, and write the means over all."""
    run, how = job.run, job.run.record().seeds or Seeds(1)
    left = [number for number in range(1, how.count + 1) if not _is_done(_folder(run, number))]
    if len(left) < how.count:
        reporter.notice(f"{how.count - len(left)} of {how.count} seeds are done")
    save_splits(run, job.data)
    job = _decided(job, how)
    settle_config(run, job.prepared.experiment)
    one = _OneProcess(job, how.count)

    def ended(number: int) -> None:
        best = _folder(run, number).read("summary.json")["best"]
        scores = {name: value for name, value in best.items() if name != "epoch"}
        reporter.part_ended("seed", number, how.count, scores)

    if job.prepared.experiment.training.together is True and left:
        train_at_once(job, [one.work(number) for number in range(1, how.count + 1)], reporter)
        for number in left:
            ended(number)
    else:
        trainings = Trainings(one.train, _seed_in_process, ended, lambda number: _folder(run, number))
        train_parts(run, left, how.jobs, trainings, reporter)
    folders = [_folder(run, number) for number in range(1, how.count + 1)]
    first, _ = read_config(folders[0])
    chosen = {name: getattr(first.training, name) for name in ("execution", "jit_compile")}
    training = job.prepared.experiment.training.model_copy(update=chosen)
    settle_config(run, job.prepared.experiment.model_copy(update={"training": training}))
    summarize_seeds(run, folders)


def _decided(job: Job, how: Seeds) -> Job:
    """Return the experiment with `training.together` decided."""
    experiment = job.prepared.experiment
    is_together = False
    if not isinstance(experiment.model, EstimatorModel | GenerativeModel):
        work = _OneProcess(job, how.count).work(1)
        apart = how.jobs > 1 or checkpoint_of(experiment).best_every > 1
        is_together = pays(experiment, work, how.count, apart=apart)
    training = experiment.training.model_copy(update={"together": is_together})
    return replace(job, prepared=replace(job.prepared, experiment=experiment.model_copy(update={"training": training})))


def done_seeds(run: Run) -> int:
    """Return how many seeds of a run are done."""
    how = run.record().seeds or Seeds(0)
    return sum(_is_done(_folder(run, number)) for number in range(1, how.count + 1))


def _folder(run: Run, number: int) -> Run:
    return Run(run.path / SEEDS / str(number))


def _is_done(folder: Run) -> bool:
    return folder.read("run.json").get("status") == "completed"


class _OneProcess:
    """The seeds as one process trains them: their graphs are traced once."""

    def __init__(self, job: Job, count: int) -> None:
        self._job, self._count = job, count
        self._shop = Workshop()

    def train(self, number: int, reporter: Reporter) -> None:
        """Train with one seed, numbered from 1, from its last checkpoint if it has one."""
        folder = _folder(self._job.run, number)
        with claimed(folder):
            if not _is_done(folder):
                reporter.part_begins("seed", number, self._count)
                self._train_in(folder, number, reporter)

    def work(self, number: int) -> Assignment:
        """Return the training with one seed, whose directory need not exist."""
        experiment, data = self._experiment(number), self._job.data
        experiment = experiment.model_copy(update={"model": experiment.model.resolved(data.task)})
        return Assignment(_folder(self._job.run, number), f"seed {number}", experiment, data)

    def _experiment(self, number: int) -> Experiment:
        experiment = self._job.prepared.experiment
        return experiment.model_copy(update={"seed": experiment.seed + number - 1})

    def _train_in(self, folder: Run, number: int, reporter: Reporter) -> None:
        job, prepared = self._job, self._job.prepared
        experiment = self._experiment(number)
        if not folder.read("run.json"):
            begin_seed(folder, job.run, experiment)
        began = time.monotonic() - _seconds(folder)
        state = _begun(folder, experiment, f"seed {number}", reporter)
        own = replace(prepared, experiment=experiment, checkpoint=state, shop=self._shop)
        try:
            finish(folder, own, job.data, job.pipeline, reporter)
        except DivergedError as error:
            kept = last_finite(folder, f"{SEEDS}/{number}/")
            raise DivergedError(f"seed {number}: {str(error).rstrip('.')}{kept}.") from None
        seconds = round(time.monotonic() - began, 3)
        folder.update(status="completed", exit_reason="done", seconds=seconds)


def _begun(folder: Run, experiment: Experiment, name: str, reporter: Reporter) -> CheckpointState | None:
    """Return the state of the last checkpoint, the files brought back to it; None where training starts."""
    state = begun(folder, experiment, reporter)
    if state is not None:
        reporter.notice(f"{name}: resumed after epoch {reached(state)} of {experiment.training.epochs}")
    return state


def _seconds(folder: Run) -> float:
    """Return the seconds of the epochs that are done."""
    history = read_history(folder.metrics)
    return 0.0 if history is None else float(history.seconds[-1])


def _seed_in_process(run_path: str, number: int) -> list[str]:
    """Train with a seed and return the lines to show."""
    notices = Notices()
    _again(run_path).train(number, notices)
    return notices.lines


@lru_cache(maxsize=1)
def _again(run_path: str) -> _OneProcess:
    run = Run(Path(run_path))
    experiment, document = read_config(run)
    prepared = with_rows(experiment, document, loaded_again(run, experiment))
    data, pipeline = transform(prepared.experiment, prepared.parts, prepared.loaded.task)
    return _OneProcess(Job(run, prepared, data, pipeline), (run.record().seeds or Seeds(1)).count)
