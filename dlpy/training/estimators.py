"""Classic models trained and scored: round by round, with the scores of every round exact and without Keras."""

from __future__ import annotations

import math
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from dlpy.components.estimator import EstimatorModel, Fitted, Job, Round, threads_for
from dlpy.core import signals
from dlpy.core.errors import ConfigError, DivergedError, RunError, in_one_line
from dlpy.data.matrix import matrix_of
from dlpy.data.rows import Data, Rows
from dlpy.data.task import Output, Task
from dlpy.data.units import own_numbers
from dlpy.data.validate import class_numbers
from dlpy.engine.engine import Engine
from dlpy.experiment.experiment import Experiment
from dlpy.runs import checkpoint_files, checkpoints
from dlpy.runs.checkpoints import Which
from dlpy.runs.directory import Run
from dlpy.scores.class_scores import class_probabilities
from dlpy.scores.row_errors import cross_entropies, poisson_losses
from dlpy.storage.atomic import json_text, number_text, storage
from dlpy.storage.npz import ArraysError
from dlpy.training.compile import sample_weight
from dlpy.training.reporter import Reporter

if TYPE_CHECKING:
    import keras

_REPORTED = 25  # every 25th round is shown


class Estimator:
    """A fitted estimator of a run: predicts and scores rows as an Engine does."""

    def __init__(self, fitted: Fitted, experiment: Experiment, task: Task) -> None:
        self.fitted, self._experiment, self._task = fitted, experiment, task

    def predict_all(self, rows: Rows, batch_size: int) -> dict[str, np.ndarray]:
        """Return the predictions for these rows: (rows, units) float32, of the only output."""
        try:
            return {"": self.fitted.predict(matrix_of(rows))}
        except (ArraysError, ValueError) as error:
            raise RunError(f"the model does not fit these rows: {in_one_line(error)}.") from error

    def evaluate(self, rows: Rows, batch_size: int) -> dict[str, float]:
        """Return the loss and metrics on these rows."""
        prediction = self.predict_all(rows, batch_size)[""]
        return scores_of_rows(self._experiment, self._task, rows, prediction)


def network_of(engine: Engine | Estimator) -> keras.Model:
    """Return the network of a run.

    Raises:
        ConfigError: it has a classic model.
    """
    if isinstance(engine, Estimator):
        raise ConfigError("this run has a classic model, not a neural network: there are no layers to look at.")
    return engine.model


def scores_of_rows(
    experiment: Experiment, task: Task, rows: Rows, prediction: np.ndarray, weight: np.ndarray | None = None
) -> dict[str, float]:
    """Return the loss and the metrics of predictions (rows, units).

    Args:
        weight: how much each row counts in the loss, (rows,).
    """
    losses = losses_of_rows(task.output, rows, prediction)
    loss = float((losses if weight is None else losses * weight).mean())
    logged = [metric for metric in experiment.metrics(task) if metric.is_logged]
    return {"loss": loss, **{metric.key: metric.of_rows(task, rows, prediction) for metric in logged}}


def losses_of_rows(output: Output, rows: Rows, prediction: np.ndarray) -> np.ndarray:
    """Return the default loss of each row, as Keras has it: (rows,) of predictions (rows, units)."""
    if output.has_classes:
        return cross_entropies(class_numbers(rows, output), class_probabilities(prediction.astype(np.float64)))
    pair = [numbers.reshape(len(rows), -1).astype(np.float64) for numbers in (rows.y, prediction)]
    if output.is_count:
        target, expected = (own_numbers(numbers, output) for numbers in pair)
        return poisson_losses(target, expected)
    return np.square(pair[0] - pair[1]).mean(axis=1)


@dataclass(frozen=True)
class Kept:
    """An estimator after an epoch (a round, numbered from 1), with its scores."""

    epoch: int
    scores: dict[str, float]
    fitted: Fitted


@dataclass(frozen=True)
class Ended:
    """The best and the last estimator of a training; without validation rows the last is the best."""

    best: Kept
    last: Kept


def fit_rounds(history: Path | None, experiment: Experiment, data: Data, reporter: Reporter) -> Ended:
    """Fit the experiment's estimator round by round, and write a line of metrics.csv after each.

    Args:
        history: the path of metrics.csv; None: nothing is written.

    Raises:
        DivergedError: the loss is not a finite number.
    """
    family, lines = family_of(experiment), None if history is None else _Lines(history)
    reporter.set_params({"epochs": family.most_rounds, "steps": 1})
    reporter.on_train_begin()
    best = last = None
    for epoch, found in enumerate(family.rounds(_job(experiment, data)), 1):
        scores = _scores(experiment, data, found)
        if lines is not None:
            lines.add(epoch, scores)
        last = Kept(epoch, scores, found.fitted)
        best = last if best is None or _is_better(scores, best.scores) else best
        reporter.on_train_batch_end(0)
        if epoch % _REPORTED == 0 or family.most_rounds == 1:
            reporter.on_epoch_end(epoch - 1, scores)
        if found.note:
            reporter.notice(f"warning: {found.note}")
        patience = family.patience()
        if patience is not None and data.validation is not None and epoch - best.epoch >= patience:
            reporter.notice(f"early_stopping: no better val_loss in {patience} rounds; the best is {best.epoch}")
            break
    reporter.on_train_end()
    if best is None or last is None:
        raise ValueError(f"{family.name} has no round")
    return Ended(best, last)


def family_of(experiment: Experiment) -> EstimatorModel:
    """Return the family of an experiment with a classic model."""
    if not isinstance(experiment.model, EstimatorModel):
        raise TypeError(f"{experiment.model.name} is no estimator")
    return experiment.model


def _job(experiment: Experiment, data: Data) -> Job:
    rows, output = data.train, data.task.output
    y = class_numbers(rows, output) if output.has_classes else rows.y.reshape(len(rows), -1).astype(np.float64)
    if not output.has_classes and y.shape[1] == 1:
        y = y[:, 0]
    held_out = None if data.validation is None else matrix_of(data.validation)
    weight = _weight(experiment, data)
    x = matrix_of(rows)
    return Job(x, y, weight, output, experiment.seed, threads_for(x), held_out)


def _weight(experiment: Experiment, data: Data) -> np.ndarray | None:
    weight = sample_weight(experiment, data)
    return weight.astype(np.float64) if isinstance(weight, np.ndarray) else None


def _scores(experiment: Experiment, data: Data, found: Round) -> dict[str, float]:
    """Return the scores of a round: those of the training rows, then with `val_` those of the validation rows."""
    scores = scores_of_rows(experiment, data.task, data.train, found.train, _weight(experiment, data))
    if data.validation is not None and found.held_out is not None:
        held_out = scores_of_rows(experiment, data.task, data.validation, found.held_out)
        scores |= {f"val_{name}": score for name, score in held_out.items()}
    wrong = [name for name in ("loss", "val_loss") if not math.isfinite(scores.get(name, 0.0))]
    if wrong:
        raise DivergedError(f"{wrong[0]} is not a finite number: standardize the columns and the target.")
    return scores


def _is_better(scores: dict[str, float], best: dict[str, float]) -> bool:
    return "val_loss" not in scores or scores["val_loss"] < best["val_loss"]


class _Lines:
    """Writes metrics.csv, a line for each round."""

    def __init__(self, path: Path) -> None:
        self._path, self._started = path, time.monotonic()
        with storage(path):
            path.write_text("")  # from now on the run is worth keeping, however training ends

    def add(self, epoch: int, scores: dict[str, float]) -> None:
        """Append the scores of a round."""
        text = "" if epoch > 1 else ",".join(["epoch", "seconds", *scores]) + "\n"
        values = [number_text(score) for score in scores.values()]
        text += ",".join([str(epoch), f"{time.monotonic() - self._started:.3f}", *values]) + "\n"
        with signals.held_back(), storage(self._path), self._path.open("a", encoding="utf-8") as file:
            file.write(text)


def save_rounds(run: Run, ended: Ended) -> None:
    """Write the best and the last estimator as the run's checkpoints."""
    links: dict[Which, Kept] = {"best": ended.best, "last": ended.last}
    for which, kept in links.items():
        place_estimator(run, f"epoch-{kept.epoch:04d}", kept, [which], ended.best.epoch)
    checkpoints.forget_previous(run)


def place_estimator(run: Run, name: str, kept: Kept, links: list[Which], best: int | None = None) -> None:
    """Write an estimator as a checkpoint of this name, and point the links at it."""
    checkpoints.place(run, name, 8 * kept.fitted.parameters, partial(_write, kept=kept, best=best), links)


def _write(folder: Path, kept: Kept, best: int | None) -> None:
    kept.fitted.save(folder / kept.fitted.file)
    state = {"epoch": kept.epoch, "step": 0, "best": best, "stopped": False, "file": kept.fitted.file}
    state |= {"scores": kept.scores, "callbacks": {}}
    (folder / "state.json").write_text(json_text(state) + "\n")


def read_estimator(run: Run, experiment: Experiment, task: Task, which: Which = "best") -> tuple[Estimator, int]:
    """Return the estimator of a checkpoint, and its epoch.

    Raises:
        RunError: the checkpoint is missing or damaged.
    """
    folder = checkpoints.existing(run, which)
    state = checkpoint_files.whole(folder)
    path = folder / (state.file or "")
    try:
        fitted = family_of(experiment).read(path, task.output)
    except (OSError, ValueError, LookupError) as error:
        raise RunError(f"{path} is damaged, or of another model: {in_one_line(error)}.") from None
    return Estimator(fitted, experiment, task), state.epoch


def start_again(run: Run) -> None:
    """Remove what an interrupted training left: a classic model is trained again from its start, to the same bits."""
    checkpoint_files.forget_all(run)
    with storage(run.metrics):
        run.metrics.write_text("")
