"""The folds of k-fold validation: each with a new model, and transforms fitted on that fold's training rows alone.

A completed fold writes its results into its directory, `fold.json` last: a resumed run relies on these alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
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
from dlpy.engine.engine import Engine
from dlpy.engine.plan import Execution
from dlpy.experiment.experiment import Experiment
from dlpy.runs.directory import Run
from dlpy.runs.outcome import last_finite
from dlpy.training.answers import by_target, own_targets
from dlpy.training.baseline import baseline, beside
from dlpy.training.callbacks import checkpoint_of
from dlpy.training.estimators import Estimator, fit_rounds
from dlpy.training.evaluate import read_config
from dlpy.training.fold_files import Fold, fold_results, folder_of, is_done, write_fold
from dlpy.training.in_folder import Assignment, begun, claimed, train_in_folder
from dlpy.training.loaded_rows import loaded_again
from dlpy.training.parts import Notices, Trainings, train_parts
from dlpy.training.pipeline import Pipeline, Split, transform
from dlpy.training.record import save_splits
from dlpy.training.reporter import Reporter
from dlpy.training.train import Prepared
from dlpy.training.workshop import Workshop


def divided(prepared: Prepared) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the positions of each fold's training rows and validation rows."""
    experiment, loaded = prepared.experiment, prepared.loaded
    return list(experiment.kfold.split(loaded.train, loaded.task, experiment.data.split_seed))


def fold_data(prepared: Prepared, train: np.ndarray, validation: np.ndarray) -> tuple[Data, Pipeline]:
    """Return the rows of a fold as its model sees them, and its transforms."""
    rows = prepared.loaded.train
    parts = Split(rows.take(train), rows.take(validation), None)
    data, pipeline = transform(prepared.experiment, parts, prepared.loaded.task)
    check(data)
    return data, pipeline


def train_folds(run: Run, prepared: Prepared, jobs: int, reporter: Reporter) -> list[Fold]:
    """Train the folds that are not done, `jobs` at once, and return the results of all."""
    count = len(divided(prepared))
    done = {number: fold_results(run, number) for number in range(1, count + 1) if is_done(folder_of(run, number))}
    left = [number for number in range(1, count + 1) if number not in done]
    if done:
        reporter.notice(f"{len(done)} of {count} folds are done")
    folds = _Folds(run, prepared)

    def ended(number: int) -> None:
        done[number] = fold_results(run, number)
        reporter.part_ended("fold", number, count, done[number].scores)

    train_parts(run, left, jobs, Trainings(folds.train, _fold_in_process, ended), reporter)
    found = [done[number] for number in range(1, count + 1)]
    _require_alike(run, found)
    return found


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

    def _train_in(self, folder: Run, number: int, reporter: Reporter) -> None:
        prepared, (train, validation) = self._prepared, self._parts[number - 1]
        data, _ = fold_data(prepared, train, validation)
        experiment = prepared.experiment.model_copy(update={"seed": prepared.experiment.seed + number - 1})
        if isinstance(experiment.model, EstimatorModel):
            save_splits(folder, data)
            ended = fit_rounds(folder.metrics, experiment, data, reporter).last
            engine, scores = Estimator(ended.fitted, experiment, data.task), ended.scores
        else:
            last, keeper = LastScores(), checkpoint_of(experiment).for_fold(folder)
            work = Assignment(folder, f"fold {number}", experiment, data, {"last scores": last})
            with named(work):
                engine = train_in_folder(work, self._shop, keeper, reporter, begun(work, reporter))
            scores = last.scores
        write_results(folder, Trained(number, experiment, data, validation), engine, scores)


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


@dataclass(frozen=True)
class Trained:
    """A fold that is trained: its number, experiment and rows, and the positions of its validation rows."""

    number: int
    experiment: Experiment
    data: Data
    validation: np.ndarray


def write_results(folder: Run, fold: Trained, engine: Engine | Estimator, scores: Mapping[str, float | None]) -> None:
    """Write the scores of a fold's last epoch, its baseline and its predictions."""
    experiment, data = fold.experiment, fold.data
    held_out = data.validation or data.train
    targets, predictions = predicted(engine, experiment, data)
    common_sense = beside(baseline(experiment, data.task, data.train, held_out), scores)
    execution = Execution() if isinstance(engine, Estimator) else engine.execution
    write_fold(folder, Fold(fold.number, {**scores}, common_sense, fold.validation, targets, predictions, execution))


def predicted(
    engine: Engine | Estimator, experiment: Experiment, data: Data
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray]]:
    """Return the targets and the predictions of the held-out rows (the training rows if there are none) by output."""
    held_out = data.validation or data.train
    predictions = by_target(data.task, engine.predict_all(held_out, experiment.training.batch_size))
    targets, predictions = (own_targets(data.task, arrays) for arrays in (held_out.targets, predictions))
    return targets, predictions


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
