"""Trains the trials of a search in one process, each from its last checkpoint if it was begun before."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from dlpy.callbacks._monitor import Best
from dlpy.callbacks._trial_checkpoint import TrialCheckpointHooks
from dlpy.components.estimator import EstimatorModel
from dlpy.core.errors import ConfigError, DataError, DivergedError, in_one_line
from dlpy.core.registry import plugin_failure
from dlpy.data.rows import Loaded
from dlpy.engine.engine import Engine
from dlpy.experiment.document import DocumentError
from dlpy.experiment.experiment import Experiment, without_plugins
from dlpy.experiment.ranges import Point
from dlpy.runs.directory import Run
from dlpy.runs.trials import Trial
from dlpy.search.directory import Result, read_result, read_search, trial_folder, write_result
from dlpy.search.monitor import Monitored, with_monitor
from dlpy.search.pruners import Pruning, pruner_of
from dlpy.search.scored import failed_trial, scored_trial
from dlpy.search.trial_rows import Part, TrialRows
from dlpy.storage.atomic import put_on_disk, storage, write_whole
from dlpy.training.callbacks import checkpoint_of, directions
from dlpy.training.estimators import Estimator, fit_rounds
from dlpy.training.fold_files import forget_checkpoints, write_predictions
from dlpy.training.folds import divided, predicted
from dlpy.training.in_folder import Assignment, begun, claimed, train_in_folder
from dlpy.training.record import save_splits
from dlpy.training.reporter import Reporter
from dlpy.training.train import Prepared, shortened
from dlpy.training.workshop import Workshop


@dataclass(frozen=True)
class Task:
    """A trial to train: its number, its point, and the earlier trials that the pruner may compare it with."""

    number: int
    point: Point
    done: Sequence[Trial] = ()


@dataclass(frozen=True)
class _Member:
    """One training of a trial: its folder, what is added to the seed, and the fold, 0 if there are none."""

    folder: Run
    name: str
    seed: int = 0
    fold: int = 0


class Trainer:
    """Trains trials one after another; rows are loaded once, and a graph is traced once for trials that share it.

    Args of an instance:
        run: the search.
        monitored: the score that decides.
        loaded: all rows, if they are in memory.
    """

    def __init__(self, run: Run, monitored: Monitored, loaded: Loaded | None = None) -> None:
        self._run, self._monitored = run, monitored
        self._space, first = read_search(run)
        self._options, self._is_smoke = first.search, run.record().smoke
        self._rows, self._shop = TrialRows(run, first, loaded), Workshop()

    def train(self, task: Task, reporter: Reporter) -> Trial:
        """Train a trial and return its result; a trial that cannot be trained is a failed one."""
        began, folder = time.monotonic(), trial_folder(self._run, task.number)
        shown = self._space.shown(task.point)
        try:
            results = self._results(task, reporter)
        except Exception as error:
            reason = _reason(error)
            if reason is None:
                raise
            for checkpoints in [*folder.path.rglob("checkpoints")]:
                forget_checkpoints(Run(checkpoints.parent))
            seconds = time.monotonic() - began
            return failed_trial(task.number, (task.point, shown), (folder, self._monitored), reason, seconds)
        return scored_trial(task.number, (task.point, shown), results, self._monitored)

    def prepared(self, point: Point) -> Prepared:
        """Return the experiment of a trial with its rows.

        Raises:
            ConfigError, DataError: it does not fit them.
        """
        document = self._space.document(point)
        experiment = with_monitor(without_plugins(document), self._monitored.name)
        return self._rows.prepared(shortened(experiment) if self._is_smoke else experiment, document)

    def parts(self, prepared: Prepared) -> Iterator[Part]:
        """Yield the rows of each fold of a trial, or those of the only training."""
        for fold in self._folds(prepared):
            yield self._rows.fold(prepared, fold) if fold else self._rows.held_out(prepared)

    def _results(self, task: Task, reporter: Reporter) -> list[Result]:
        prepared = self.prepared(task.point)
        folder = trial_folder(self._run, task.number)
        with claimed(folder):
            text = prepared.experiment.to_yaml()
            write_whole(folder.config, lambda path: path.write_text(text, encoding="utf-8"))
            return [self._result(member, prepared, task, reporter) for member in self._members(task.number, prepared)]

    def _members(self, number: int, prepared: Prepared) -> Iterator[_Member]:
        """Yield the trainings of a trial: one, or one for each seed and fold."""
        seeds, folds = self._options.seeds, self._folds(prepared)
        for seed in range(1, seeds + 1):
            for fold in folds:
                inner = [f"seeds/{seed}"] * (seeds > 1) + [f"folds/{fold:02d}"] * (fold > 0)
                name = ", ".join([f"trial {number}", *(part.replace("s/", " ") for part in inner)])
                path = trial_folder(self._run, number).path.joinpath(*inner)
                yield _Member(Run(path), name, seed - 1 + max(fold - 1, 0), fold)

    def _folds(self, prepared: Prepared) -> range:
        return range(1, len(divided(prepared)) + 1) if self._options.folds else range(1)

    def _result(self, member: _Member, prepared: Prepared, task: Task, reporter: Reporter) -> Result:
        """Return the result of one training, which is trained unless it is done."""
        found = read_result(member.folder)
        if found is None:
            with storage(member.folder.path):
                member.folder.path.mkdir(parents=True, exist_ok=True)
            part = self._rows.fold(prepared, member.fold) if member.fold else self._rows.held_out(prepared)
            found = self._trained(member, prepared, part, task, reporter)
        forget_checkpoints(member.folder)  # also those that a killed process left
        return found

    def _trained(self, member: _Member, prepared: Prepared, part: Part, task: Task, reporter: Reporter) -> Result:
        began, folder = time.monotonic(), member.folder
        experiment = _of_member(prepared.experiment, member, part)
        if isinstance(experiment.model, EstimatorModel):
            engine, result = self._fitted(folder, experiment, part, reporter)
        else:
            work = Assignment(folder, member.name, experiment, part.data)
            engine, result = self._network(work, task, reporter)
        if part.data.task.has_answers:
            write_predictions(folder, part.rows, *predicted(engine, experiment, part.data))
        put_on_disk(folder.metrics)
        result = replace(result, seconds=round(time.monotonic() - began, 3))
        write_result(folder, result)
        return result

    def _network(self, work: Assignment, task: Task, reporter: Reporter) -> tuple[Engine, Result]:
        """Train a network, and return its engine with the weights of the best epoch."""
        monitored = self._monitored
        monitored.require_among(directions(work.experiment, work.data))
        pruner, hooks = pruner_of(self._options), {}
        if pruner is not None:
            pruning = Pruning(pruner, task.done, monitored.name, monitored.direction)
            hooks["pruner"] = pruning.hooks(work.experiment.training.epochs)
        work = replace(work, hooks=hooks)
        best = Best(monitored.name, monitored.direction)
        keeper = TrialCheckpointHooks(work.folder, best, checkpoint_of(work.experiment))
        engine = train_in_folder(work, self._shop, keeper, reporter, begun(work, reporter))
        is_pruned = any(hook.ends_training for hook in hooks.values())
        return engine, Result(keeper.scores, keeper.best_epoch or 1, len(keeper.curve), keeper.curve, is_pruned)

    def _fitted(self, folder: Run, experiment: Experiment, part: Part, reporter: Reporter) -> tuple[Estimator, Result]:
        """Fit a classic model from its start, and return its best round."""
        save_splits(folder, part.data)
        ended = fit_rounds(folder.metrics, experiment, part.data, reporter)
        curve = self._monitored.curve(folder)
        best = ended.best
        self._monitored.require_among(best.scores)
        result = Result(dict(best.scores), best.epoch, len(curve), curve)
        return Estimator(best.fitted, experiment, part.data.task), result


def _of_member(experiment: Experiment, member: _Member, part: Part) -> Experiment:
    seed = {"seed": (experiment.seed + member.seed) % 2**32}
    return experiment.model_copy(update={**seed, "model": experiment.model.resolved(part.data.task)})


def _reason(error: Exception) -> str | None:
    """Return why a trial failed, the same in whatever directory; None if the error ends the search."""
    if isinstance(error, DocumentError) and error.mistakes:
        return "; ".join(f"{'.'.join(map(str, mistake.keys))}: {mistake.message}" for mistake in error.mistakes)
    if isinstance(error, DivergedError | DataError | ConfigError):
        return "; ".join(error.args)
    if isinstance(error, MemoryError) or type(error).__name__ == "ResourceExhaustedError":  # TensorFlow's
        return f"not enough memory: {in_one_line(error)}"
    failure = plugin_failure(error)
    return None if failure is None else "; ".join(failure.args)


def forget_trial(run: Run, number: int) -> None:
    """Remove the folder of a trial, so that it is trained from its start."""
    folder = trial_folder(run, number).path
    with storage(folder):
        if folder.exists():
            shutil.rmtree(folder)
