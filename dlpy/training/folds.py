"""The folds of k-fold validation: each with a new model, and transforms fitted on that fold's training rows alone.

A completed fold writes its results into its directory, `fold.json` last: a resumed run relies on these alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from dlpy.components.estimator import EstimatorModel
from dlpy.components.hooks import Hooks
from dlpy.components.objectives import DATA_LOSS
from dlpy.core.errors import DataError, DivergedError, RunError
from dlpy.core.parsing import Scores, parse
from dlpy.data.rows import Data
from dlpy.data.validate import check
from dlpy.engine.plan import Execution
from dlpy.engine.together import Together
from dlpy.runs.directory import Run
from dlpy.runs.how import How
from dlpy.runs.outcome import last_finite
from dlpy.training.callbacks import checkpoint_of
from dlpy.training.estimators import Estimator, fit_rounds
from dlpy.training.evaluate import read_config
from dlpy.training.fold_files import Fold, fold_results, folder_of, is_done
from dlpy.training.fold_models import keep_model
from dlpy.training.fold_results import TrainedFold, write_results
from dlpy.training.in_folder import Assignment, begun, claimed, train_in_folder
from dlpy.training.loaded_rows import loaded_again
from dlpy.training.parts import Notices, Trainings, train_parts
from dlpy.training.pipeline import Pipeline, Split, transform
from dlpy.training.prepare import Prepared
from dlpy.training.record import save_splits
from dlpy.training.reporter import Reporter
from dlpy.training.together import fit_together, pays
from dlpy.training.workshop import Workshop


def divided(prepared: Prepared) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the positions of each fold's training rows and validation rows."""
    experiment, loaded = prepared.experiment, prepared.loaded
    return experiment.data.folds(loaded, experiment.kfold)


def fold_data(prepared: Prepared, train: np.ndarray, validation: np.ndarray) -> tuple[Data, Pipeline]:
    """Return the rows of a fold as its model sees them, and its transforms."""
    rows = prepared.loaded.train
    parts = Split(rows.take(train), rows.take(validation), None)
    data, pipeline = transform(prepared.experiment, parts, prepared.loaded.task)
    check(data)
    return data, pipeline


def train_folds(run: Run, prepared: Prepared, jobs: int, reporter: Reporter) -> list[Fold]:
    """Train the folds that are not done, and return the results of all.

    Args:
        jobs: how many to train in processes at the same time, unless `training.together` is true.
    """
    count = len(divided(prepared))
    done = {number: fold_results(run, number) for number in range(1, count + 1) if is_done(folder_of(run, number))}
    left = [number for number in range(1, count + 1) if number not in done]
    if done:
        reporter.notice(f"{len(done)} of {count} folds are done")
    folds = _Folds(run, prepared)

    def ended(number: int) -> None:
        done[number] = fold_results(run, number)
        reporter.part_ended("fold", number, count, done[number].scores)

    if prepared.experiment.training.together is True and left:
        folds.train_together(reporter)
        for number in left:
            ended(number)
    else:
        trainings = Trainings(folds.train, _fold_in_process, ended, lambda number: folder_of(run, number))
        train_parts(run, left, jobs, trainings, reporter)
    found = [done[number] for number in range(1, count + 1)]
    _require_alike(run, found)
    return found


def folds_together(run: Run, prepared: Prepared, jobs: int) -> Prepared:
    """Return the experiment with `training.together` decided.

    Folds that are there already were begun apart: a run that trains them together decides so before the first.
    """
    experiment = prepared.experiment
    apart = jobs > 1 or (run.path / "folds").exists() or experiment.data.folds_go_forward
    folds = _Folds(run, prepared)
    is_together = not isinstance(experiment.model, EstimatorModel) and folds.pay(apart=apart)
    training = experiment.training.model_copy(update={"together": is_together})
    return replace(prepared, experiment=experiment.model_copy(update={"training": training}))


def _require_alike(run: Run, folds: list[Fold]) -> None:
    """Raise RunError where folds have other scores than the first: they belong to another run."""
    first, *others = ((_names(fold), _shapes(fold)) for fold in folds)
    for number, names in enumerate(others, 2):
        if names != first:
            raise RunError(f"fold {number} of run {run.id} has other scores than fold 1: it belongs to another run.")


def _shapes(fold: Fold) -> dict[str, tuple[int, ...]]:
    return {name: prediction.shape[1:] for name, prediction in fold.predictions.items()}


def _names(fold: Fold) -> set[str]:
    """Return the scores that all folds of a run have; folds of earlier versions lack the loss without penalties."""
    return {name for name in fold.scores if not name.endswith(DATA_LOSS)}


class _Folds:
    """The folds of a run as one process trains them."""

    def __init__(self, run: Run, prepared: Prepared) -> None:
        self._run, self._prepared = run, prepared
        self._keeps = (run.record().folds or How()).keep_models
        self._parts = divided(prepared)
        rows = len(self._parts[0][0])  # of the first fold, so that all processes choose alike
        self._shop = Workshop(len(self._parts), rows)

    def train(self, number: int, reporter: Reporter) -> None:
        """Train one fold, numbered from 1, from its last checkpoint if it has one."""
        folder = folder_of(self._run, number)
        with claimed(folder):
            if not is_done(folder):
                reporter.part_begins("fold", number, len(self._parts))
                self._train_in(folder, number, reporter)

    def pay(self, *, apart: bool) -> bool:
        """Return whether all folds are trained at once."""
        return pays(self._prepared.experiment, self.work(1), len(self._parts), apart=apart)

    def train_together(self, reporter: Reporter) -> None:
        """Train all folds at once; those that are done stay as they are."""
        numbers = range(1, len(self._parts) + 1)
        state = self._run.path / "folds" / "together.npz"
        with ExitStack() as stack:
            made = [self._made(number) for number in numbers]
            works = [work for work, _ in made]
            for work in works:
                stack.enter_context(claimed(work.folder))
                save_splits(work.folder, work.data)
            group = fit_together(works, state, reporter)
            for number, (work, pipeline) in zip(numbers, made, strict=True):
                if not is_done(work.folder):
                    self._write_together(number, (work, pipeline), group)
        state.unlink(missing_ok=True)

    def _write_together(self, number: int, made: tuple[Assignment, Pipeline], group: Together) -> None:
        work, pipeline = made
        fold = TrainedFold(number, work.experiment, work.data, self._parts[number - 1][1])
        scores, execution = group.outcomes[number - 1].logs, Execution("epoch", jit_compile=True)
        if self._keeps:
            group.give(number - 1, last=False)
            own = replace(work, experiment=work.experiment.executed(execution))
            keep_model(self._run, own, pipeline, group.members[number - 1].model, scores)
        write_results(work.folder, fold, scores, {"": group.predict(number - 1)}, execution)

    def work(self, number: int) -> Assignment:
        """Return the training of a fold, numbered from 1."""
        return self._made(number)[0]

    def _made(self, number: int) -> tuple[Assignment, Pipeline]:
        data, pipeline = fold_data(self._prepared, *self._parts[number - 1])
        experiment = self._prepared.experiment
        experiment = experiment.model_copy(update={"seed": experiment.seed + number - 1})
        return Assignment(folder_of(self._run, number), f"fold {number}", experiment, data), pipeline

    def _train_in(self, folder: Run, number: int, reporter: Reporter) -> None:
        (work, pipeline), (_, validation) = self._made(number), self._parts[number - 1]
        experiment, data = work.experiment, work.data
        if isinstance(experiment.model, EstimatorModel):
            save_splits(folder, data)
            ended = fit_rounds(folder.metrics, experiment, data, reporter).last
            engine, scores = Estimator(ended.fitted, experiment, data.task), ended.scores
        else:
            last, keeper = LastScores(), checkpoint_of(experiment).for_fold(folder)
            work = replace(work, hooks={"last scores": last})
            with named(work):
                engine = train_in_folder(work, self._shop, keeper, reporter, begun(work, reporter))
            scores = last.scores
        given = engine.predict_all(data.validation or data.train, experiment.training.batch_size)
        execution = Execution() if isinstance(engine, Estimator) else engine.execution
        if self._keeps:
            own = replace(work, experiment=experiment.executed(execution))
            keep_model(self._run, own, pipeline, engine if isinstance(engine, Estimator) else engine.model, scores)
        write_results(folder, TrainedFold(number, experiment, data, validation), scores, given, execution)


@contextmanager
def named(work: Assignment) -> Iterator[None]:
    """Put the name of a fold in front of its errors."""
    try:
        yield
    except DivergedError as error:
        kept = last_finite(work.folder, f"folds/{work.folder.path.name}/")
        raise DivergedError(f"{work.name}: {str(error).rstrip('.')}{kept}.") from None
    except DataError as error:
        raise DataError(f"{work.name}: {error}") from None


class LastScores(Hooks):
    """Remembers the scores of the last epoch."""

    def __init__(self) -> None:
        self.scores: dict[str, float | None] = {}

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        self.scores = {**logs}

    def state(self) -> dict[str, Any]:
        return self.scores

    def restore(self, state: dict[str, Any]) -> None:
        self.scores = dict(parse(state, Scores, "scores"))


def _fold_in_process(run_path: str, number: int) -> list[str]:
    """Train a fold and return the lines to show."""
    notices = Notices()
    _folds_again(run_path).train(number, notices)
    return notices.lines


@lru_cache(maxsize=1)
def _folds_again(run_path: str) -> _Folds:
    run = Run(Path(run_path))
    experiment, _ = read_config(run)
    loaded = loaded_again(run, experiment)
    return _Folds(run, Prepared(experiment, loaded, Split(loaded.train, None, loaded.test)))
