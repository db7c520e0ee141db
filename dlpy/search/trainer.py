"""Trains the trials of a search in one process, each from its last checkpoint if it was begun before."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from dlpy.callbacks._monitor import Best
from dlpy.callbacks._trial_checkpoint import TrialCheckpointHooks
from dlpy.components.estimator import EstimatorModel
from dlpy.core.errors import ConfigError
from dlpy.data.rows import Loaded
from dlpy.engine.engine import Engine
from dlpy.experiment.experiment import Experiment, without_plugins
from dlpy.experiment.ranges import Point
from dlpy.runs.directory import Run
from dlpy.runs.trials import Trial
from dlpy.search.directory import Result, read_result, read_search, trial_folder, write_result
from dlpy.search.grouping import kind_of
from dlpy.search.monitor import Monitored, with_monitor
from dlpy.search.pruners import pruner_hooks
from dlpy.search.reasons import reason_of
from dlpy.search.scored import failed_trial, scored_trial
from dlpy.search.trial_rows import Part, TrialRows
from dlpy.storage.atomic import put_on_disk, storage, write_whole
from dlpy.training.callbacks import checkpoint_of, directions
from dlpy.training.estimators import Estimator, fit_rounds
from dlpy.training.fold_files import forget_checkpoints, write_predictions
from dlpy.training.fold_results import predicted
from dlpy.training.folds import divided
from dlpy.training.in_folder import Assignment, begun, claimed, train_in_folder
from dlpy.training.prepare import Prepared
from dlpy.training.record import save_splits
from dlpy.training.reporter import Reporter
from dlpy.training.smoke import shortened
from dlpy.training.workshop import Workshop


@dataclass(frozen=True)
class Task:
    """A trial to train: its number, its point, and the earlier trials that the pruner may compare it with."""

    number: int
    point: Point
    done: Sequence[Trial] = ()


@dataclass(frozen=True)
class Place:
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

    `space` is that of the search, and `first` the experiment at its first point.
    """

    def __init__(self, run: Run, monitored: Monitored, loaded: Loaded | None = None) -> None:
        self.run, self.monitored = run, monitored
        self.space, self.first = read_search(run)
        self.options, self._is_smoke = self.first.search, run.record().smoke
        self._rows, self._shop = TrialRows(run, self.first, loaded), Workshop()

    def train(self, task: Task, reporter: Reporter) -> Trial:
        """Train a trial and return its result; a trial that cannot be trained is a failed one."""
        began, folder = time.monotonic(), trial_folder(self.run, task.number)
        shown = self.shown(task.point)
        try:
            results = self._results(task, reporter)
        except Exception as error:
            reason = reason_of(error)
            if reason is None:
                raise
            for checkpoints in [*folder.path.rglob("checkpoints")]:
                forget_checkpoints(Run(checkpoints.parent))
            seconds = time.monotonic() - began
            return failed_trial(task.number, (task.point, shown), (folder, self.monitored), reason, seconds)
        return scored_trial(task.number, (task.point, shown), results, self.monitored)

    def shown(self, point: Point) -> dict[str, Any]:
        """Return the values of a point as the user wrote them."""
        return self.space.shown(point)

    def kind(self, point: Point) -> str | None:
        """Return what a trial has in common with those that it can be trained together with; see `kind_of`."""
        try:
            return kind_of(without_plugins(self.space.document(point)))
        except ConfigError:
            return None  # the trial will fail

    def prepared(self, point: Point) -> Prepared:
        """Return the experiment of a trial with its rows.

        Raises:
            ConfigError, DataError: it does not fit them.
        """
        document = self.space.document(point)
        experiment = with_monitor(without_plugins(document), self.monitored.name)
        return self._rows.prepared(shortened(experiment) if self._is_smoke else experiment, document)

    def parts(self, prepared: Prepared) -> Iterator[Part]:
        """Yield the rows of each fold of a trial, or those of the only training."""
        for fold in self._folds(prepared):
            yield self._rows.fold(prepared, fold) if fold else self._rows.held_out(prepared)

    def part(self, prepared: Prepared, place: Place) -> Part:
        """Return the rows of one training of a trial."""
        return self._rows.fold(prepared, place.fold) if place.fold else self._rows.held_out(prepared)

    def _results(self, task: Task, reporter: Reporter) -> list[Result]:
        prepared = self.prepared(task.point)
        folder = trial_folder(self.run, task.number)
        with claimed(folder):
            text = prepared.experiment.to_yaml()
            write_whole(folder.config, lambda path: path.write_text(text, encoding="utf-8"))
            return [self._result(place, prepared, task, reporter) for place in self.places(task.number, prepared)]

    def places(self, number: int, prepared: Prepared) -> Iterator[Place]:
        """Yield the trainings of a trial: one, or one for each seed and fold."""
        seeds, folds = self.options.seeds, self._folds(prepared)
        for seed in range(1, seeds + 1):
            for fold in folds:
                inner = [f"seeds/{seed}"] * (seeds > 1) + [f"folds/{fold:02d}"] * (fold > 0)
                name = ", ".join([f"trial {number}", *(part.replace("s/", " ") for part in inner)])
                path = trial_folder(self.run, number).path.joinpath(*inner)
                yield Place(Run(path), name, seed - 1 + max(fold - 1, 0), fold)

    def _folds(self, prepared: Prepared) -> range:
        return range(1, len(divided(prepared)) + 1) if self.options.folds else range(1)

    def _result(self, place: Place, prepared: Prepared, task: Task, reporter: Reporter) -> Result:
        """Return the result of one training, which is trained unless it is done."""
        found = read_result(place.folder)
        if found is None:
            with storage(place.folder.path):
                place.folder.path.mkdir(parents=True, exist_ok=True)
            found = self._trained(place, prepared, self.part(prepared, place), task, reporter)
        forget_checkpoints(place.folder)  # also those that a killed process left
        return found

    def _trained(self, place: Place, prepared: Prepared, part: Part, task: Task, reporter: Reporter) -> Result:
        began, folder = time.monotonic(), place.folder
        experiment = at_place(prepared.experiment, place, part)
        if isinstance(experiment.model, EstimatorModel):
            engine, result = self._fitted(folder, experiment, part, reporter)
        else:
            work = Assignment(folder, place.name, experiment, part.data)
            engine, result = self._network(work, task, reporter)
        if part.data.task.has_answers:
            write_predictions(folder, part.rows, *predicted(engine, experiment, part.data))
        put_on_disk(folder.metrics)
        result = replace(result, seconds=round(time.monotonic() - began, 3))
        write_result(folder, result)
        return result

    def _network(self, work: Assignment, task: Task, reporter: Reporter) -> tuple[Engine, Result]:
        """Train a network, and return its engine with the weights of the best epoch."""
        monitored = self.monitored
        monitored.require_among(directions(work.experiment, work.data))
        hooks = pruner_hooks(self.options, task.done, monitored, work.experiment.training.epochs)
        work = replace(work, hooks=hooks)
        best = Best(monitored.name, monitored.direction)
        keeper = TrialCheckpointHooks(work.folder, best, checkpoint_of(work.experiment))
        engine = train_in_folder(work, self._shop, keeper, reporter, begun(work, reporter))
        is_pruned = any(hook.ends_training for hook in hooks.values())
        return engine, Result(keeper.scores, keeper.best_epoch or 1, len(keeper.curve), [*keeper.curve], is_pruned)

    def _fitted(self, folder: Run, experiment: Experiment, part: Part, reporter: Reporter) -> tuple[Estimator, Result]:
        """Fit a classic model from its start, and return its best round."""
        save_splits(folder, part.data)
        ended = fit_rounds(folder.metrics, experiment, part.data, reporter)
        curve = self.monitored.curve(folder)
        best = ended.best
        self.monitored.require_among(best.scores)
        result = Result(dict(best.scores), best.epoch, len(curve), [*curve])
        return Estimator(best.fitted, experiment, part.data.task), result


def at_place(experiment: Experiment, place: Place, part: Part) -> Experiment:
    """Return the experiment of one training of a trial, with a seed of its own."""
    seed = {"seed": (experiment.seed + place.seed) % 2**32}
    return experiment.model_copy(update={**seed, "model": experiment.model.resolved(part.data.task)})


def forget_trial(run: Run, number: int) -> None:
    """Remove the folder of a trial, so that it is trained from its start."""
    folder = trial_folder(run, number).path
    with storage(folder):
        if folder.exists():
            shutil.rmtree(folder)
