"""k-fold validation: each fold with a fresh model, and transforms fitted on that fold's training rows only."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np

from dlpy import backend, runs
from dlpy.baseline import baseline
from dlpy.callbacks.metrics_csv import MetricsCsv
from dlpy.checks import check, check_every_class
from dlpy.compiling import fresh_model
from dlpy.components import Hooks
from dlpy.config import Experiment, load
from dlpy.curves import best_epoch
from dlpy.data import Data, Loaded, Task
from dlpy.document import Document
from dlpy.engine import Engine
from dlpy.execution import Execution
from dlpy.outcome import record_outcome
from dlpy.pipeline import Split, obtain, transform
from dlpy.processes import in_processes
from dlpy.records import Options, begin, save_splits, write_config
from dlpy.reporting import Reporter
from dlpy.results import fold_histories, mean_history
from dlpy.rows_as_targets import RowsAsTargets
from dlpy.run_lock import locked
from dlpy.runs import Run, write_arrays
from dlpy.training import (
    Prepared,
    built_callbacks,
    checkpoint_of,
    choose_execution,
    finish,
    fit,
    prepare,
)
from dlpy.yaml_reader import Mistake


@dataclass(frozen=True)
class Fold:
    """What one fold gave: the scores after its last epoch, and predictions for its validation rows."""

    number: int
    scores: dict[str, float]
    baseline: dict[str, Any]
    rows: np.ndarray  # positions of the validation rows among all rows that are not test rows
    target: np.ndarray
    prediction: np.ndarray
    execution: Execution


@dataclass(frozen=True)
class How:
    """How k-fold validation is done; none of it changes the numbers."""

    jobs: int = 1  # how many folds to train at once, each in a process of its own
    refit: bool = False  # afterwards train the final model on all rows but the test rows, for the best number of epochs


def kfold(experiment: Experiment, document: Document, options: Options, reporter: Reporter, how: How) -> Run:
    """Train an experiment once per fold and return the run directory that holds every fold's scores and the means."""
    if experiment.data.in_time_order:
        message = "folds would train on what comes after the rows they are scored on: use `dlpy train`."
        raise document.error([Mistake(("data", "name"), f"{experiment.data.name} is a series: {message}")])
    if any(isinstance(step, RowsAsTargets) for step in experiment.model.transforms()):
        message = f"folds compare predictions with targets, and {experiment.model.name} makes rows: use `dlpy train`."
        raise document.error([Mistake(("model", "name"), message)])
    backend.check_settings()
    runs.require_writable(options.folder)
    prepared = prepare(experiment, document, options)
    parts = list(_folds(prepared))
    first, _ = _fold_data(prepared, *parts[0])
    if first.task.output.kind != "regression":
        for train, _ in parts:
            check_every_class(prepared.loaded.train.take(train), prepared.loaded.task.output)
    reporter.data_ready(prepared.loaded, first, prepared.experiment)
    run = begin(prepared.experiment, prepared.loaded, first.task, options)
    with locked(run), record_outcome(run):
        if how.jobs > 1:
            folds = list(_train_in_processes(run, len(parts), min(how.jobs, len(parts)), reporter))
        else:
            shop = _Workshop(prepared)
            folds = [_train_fold(run, shop, number, reporter) for number in range(1, len(parts) + 1)]
        prepared = replace(prepared, experiment=prepared.experiment.executed(folds[0].execution))
        write_config(run, prepared.experiment)
        summary = _summarize(run, prepared, folds)
        if how.refit:
            _refit(run, prepared, summary, reporter)
    return run


def _folds(prepared: Prepared) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    experiment, loaded = prepared.experiment, prepared.loaded
    return experiment.kfold.split(loaded.train, loaded.task, experiment.data.split_seed)


def _fold_data(prepared: Prepared, train: np.ndarray, validation: np.ndarray) -> tuple[Data, Any]:
    rows = prepared.loaded.train
    parts = Split(rows.take(train), rows.take(validation), None)
    data, pipeline = transform(prepared.experiment, parts, prepared.loaded.task)
    check(data)
    return data, pipeline


class _Workshop:
    """What the folds of one process share: the rows, and a model whose graphs are traced but once."""

    def __init__(self, prepared: Prepared) -> None:
        self.prepared = prepared
        self._task: Task | None = None
        self._engine: Engine | None = None

    def engine(self, experiment: Experiment, data: Data, callbacks: list[Hooks]) -> Engine:
        """Return an engine whose model is fresh."""
        fresh = fresh_model(experiment, data.task)
        other = self._task != data.task  # a fold may have other categories than the one before
        if self._engine is None or other or experiment.training.phases:
            parts = list(_folds(self.prepared))
            rows = len(parts[0][0])  # of the first fold, so that folds in other processes go the same way
            execution = choose_execution(experiment, fresh, rows, callbacks, trainings=len(parts))
            self._engine, self._task = Engine(fresh, execution), data.task
        else:
            self._engine.restart(fresh)
        return self._engine


def _train_fold(run: Run, shop: _Workshop, number: int, reporter: Reporter) -> Fold:
    """Train one fold, numbered from 1, in this process."""
    prepared = shop.prepared
    parts = list(_folds(prepared))
    train, validation = parts[number - 1]
    data, _ = _fold_data(prepared, train, validation)
    experiment = prepared.experiment.model_copy(update={"seed": prepared.experiment.seed + number - 1})
    folder = Run(run.path / "folds" / f"{number:02d}")
    with runs.storage(folder.path):
        folder.path.mkdir(parents=True)
    reporter.fold_begins(number, len(parts))
    last = _LastScores()
    callbacks = list(built_callbacks(experiment, folder, data).values())
    engine = shop.engine(experiment, data, callbacks)
    save_splits(folder, data)
    fit(engine, experiment, data, [MetricsCsv(folder.metrics), last, reporter, *callbacks])
    held_out = data.validation or data.train
    prediction = engine.predict(held_out, experiment.training.batch_size)
    common_sense = baseline(experiment, data.task, data.train, held_out)
    return Fold(number, last.logs, common_sense, validation, held_out.y, prediction, engine.execution)


class _LastScores(Reporter):
    """Remembers the scores of the last epoch."""

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        self.logs = logs


def _train_in_processes(run: Run, count: int, jobs: int, reporter: Reporter) -> Iterator[Fold]:
    """Train the folds in processes of their own, which read all they need from the run directory."""
    arguments = [(str(run.path), number) for number in range(1, count + 1)]
    for fold in in_processes(_fold_in_process, arguments, jobs):
        reporter.fold_ended(fold.number, count, fold.scores)
        yield fold


def _fold_in_process(run_path: str, number: int) -> Fold:
    return _train_fold(Run(Path(run_path)), _workshop_again(run_path), number, Reporter())


@lru_cache(maxsize=1)
def _workshop_again(run_path: str) -> _Workshop:
    run = Run(Path(run_path))
    experiment, _ = load(run.config)
    loaded = obtain(experiment.data, experiment.seed, smoke=run.read("run.json")["smoke"])
    return _Workshop(Prepared(experiment, loaded, Split(loaded.train, None, loaded.test)))


def _summarize(run: Run, prepared: Prepared, folds: list[Fold]) -> dict[str, Any]:
    """Write summary.json and the out-of-fold predictions."""
    names = list(folds[0].scores)
    table = np.array([[fold.scores[name] for name in names] for fold in folds])
    curves = mean_history(fold_histories(run)).curves
    monitor = checkpoint_of(prepared.experiment).monitor or "val_loss"
    directions = prepared.experiment.directions(prepared.loaded.task, validation=True)
    epoch = best_epoch(curves[monitor], directions[monitor])
    scores = {name: float(curve[epoch - 1]) for name, curve in curves.items() if name != "learning_rate"}
    numbers = {key for key, value in folds[0].baseline.items() if isinstance(value, float)}
    summary = {
        "folds": [{"fold": fold.number, "rows": len(fold.rows), **fold.scores} for fold in folds],
        "mean": dict(zip(names, table.mean(axis=0).tolist(), strict=True)),
        "deviation": dict(zip(names, table.std(axis=0).tolist(), strict=True)),
        "best": {"epoch": epoch, "monitor": monitor, **scores},
        "baseline": {
            "on": "validation",
            "guess": "constant, as in each fold",
            **{key: float(np.mean([fold.baseline[key] for fold in folds])) for key in sorted(numbers)},
        },
    }
    run.write("summary.json", summary)
    _save_out_of_fold(run, prepared.loaded, folds)
    return summary


def _save_out_of_fold(run: Run, loaded: Loaded, folds: list[Fold]) -> None:
    """Write for every row what models said that had not seen it; of repeats, the mean."""
    rows = np.concatenate([fold.rows for fold in folds])
    prediction = np.concatenate([fold.prediction for fold in folds])
    target = np.concatenate([fold.target for fold in folds])
    numbers, first, place = np.unique(rows, return_index=True, return_inverse=True)
    total = np.zeros((len(numbers), prediction.shape[1]))
    np.add.at(total, place, prediction)
    mean = (total / np.bincount(place)[:, None]).astype(np.float32)
    target = target[first]
    labels = target.argmax(axis=-1) if target.ndim > 1 and target.shape[1] > 1 else target.reshape(-1)
    index = loaded.train.index[numbers]
    arrays = {"index": index, "target": labels, "prediction": mean}
    write_arrays(run.predictions, {f"out_of_fold.{name}": array for name, array in arrays.items()})


def _refit(run: Run, prepared: Prepared, summary: dict[str, Any], reporter: Reporter) -> None:
    """Train the final model on all rows but the test rows, for as many epochs as the mean curve says."""
    epochs = summary["best"]["epoch"]
    reporter.notice(f"refit: all {len(prepared.loaded.train):,} rows, {epochs} epochs")
    experiment = _for_refit(prepared.experiment, epochs)
    final = replace(prepared, experiment=experiment, parts=Split(prepared.loaded.train, None, prepared.loaded.test))
    data, pipeline = transform(experiment, final.parts, prepared.loaded.task)
    finish(run, final, data, pipeline, reporter)
    run.write("summary.json", summary | {"refit": run.read("summary.json")})


def _for_refit(experiment: Experiment, epochs: int) -> Experiment:
    """Return the experiment without whatever watches validation rows: there are none."""
    training = experiment.training.shortened(epochs)
    blind = [item for item in experiment.callbacks if not (item.monitors() or "").startswith("val_")]
    data = experiment.data.model_copy(update={"validation": None})
    return experiment.model_copy(update={"training": training, "callbacks": blind, "data": data})
