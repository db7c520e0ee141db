"""The baseline: the scores of simple predictions without training, such as the majority class or the mean."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from dlpy.components.estimator import EstimatorModel
from dlpy.components.objectives import DATA_LOSS, Loss
from dlpy.core import signals
from dlpy.data.features import Passages, Windows
from dlpy.data.rows import Rows
from dlpy.data.steps import TOKEN, counted, counted_task
from dlpy.data.task import Task
from dlpy.data.units import as_seen, own_numbers
from dlpy.data.validate import class_numbers
from dlpy.experiment.class_weights import weights_of_rows
from dlpy.experiment.experiment import Experiment
from dlpy.scores.quantiles import pinball
from dlpy.scores.regression_scores import IN_UNIT, SCORES, best_constant, regression_score
from dlpy.scores.row_errors import poisson_losses
from dlpy.training.best_constant import Targets, best_guess, is_mean_of_rows, mean_loss
from dlpy.training.codes import of_family
from dlpy.training.constant_scores import class_scores, label_scores, number_scores, text_scores, token_scores
from dlpy.training.loss import plain_loss, training_loss
from dlpy.training.token_baseline import scores_by_token

_MOST_CLASSES = 1000  # every pair of these is compared


def baseline(
    experiment: Experiment, task: Task, train: Rows, rows: Rows, *, weighted: bool = False
) -> dict[str, object]:
    """Return the scores on `rows` of a constant prediction that is fitted on the training rows.

    Classes: always the most frequent one, and for the cross-entropy the classes' shares as probabilities.
    Numbers: for each score the constant that is best by it, such as the mean for the squared error. Windows of a
    series: the target's last value, and under "also" the same time of an earlier period. Texts: each token as often as
    in the training text. Under the name "loss" there is what the constant gets that is best by the very loss of the
    experiment. A family with a training step of its own has its own guess.

    Args:
        weighted: whether rows count in the loss by their class, as those of training do.
    """
    if own := of_family(experiment, task, train, rows):
        return own
    if len(task.outputs) > 1:
        return _of_outputs(experiment, task, train, rows, weighted=weighted)
    (name,) = task.outputs
    is_per_step = task.output.is_per_step
    train, rows, task = counted(train, name, task.output), counted(rows, name, task.output), counted_task(task)
    if len(rows.inputs) > 1:  # no baseline looks at them
        first = next(iter(rows.inputs))
        train, rows = train.of_input(first), rows.of_input(first)
    if not is_per_step and isinstance(rows.x, Windows) and rows.x.guesses():
        return _guesses(experiment, task, rows, rows.x.guesses())
    output, loss = task.output, experiment.loss(task)
    if not is_per_step and isinstance(train.x, Passages) and isinstance(rows.x, Passages):
        scores = text_scores(train.x, rows.x)
        return {"loss": scores["crossentropy"], **scores} if loss.name == "sparse_categorical_crossentropy" else scores
    scores = _of_constant(experiment, task, train, rows)
    if output.has_classes and {TOKEN} <= train.columns.keys() & rows.columns.keys():
        found = scores_by_token(train, rows, output)
        least = found.get(_plain_score(loss))  # of any other loss, nothing is known of these probabilities
        return {**({} if least is None else {"loss": least}), **found, "also": [scores]}
    least = scores.get(_plain_score(loss)) if not weighted else None
    if least is None:
        least = loss_of_constant(experiment, task, train, rows, weighted=weighted)
    return scores if least is None else {"loss": least, **scores}


def _of_constant(experiment: Experiment, task: Task, train: Rows, rows: Rows) -> dict[str, Any]:
    """Return the scores of the constant prediction for the kind of the target."""
    output = task.output
    if output.kind == "regression":
        scores = number_scores(train.y.reshape(len(train), -1), rows.y.reshape(len(rows), -1), output)
        return scores | _of_metrics(experiment, task, train, rows)
    if output.kind == "multilabel":
        return label_scores(train.y, rows.y, output)
    return token_scores(train, rows, output) if output.kind == "tokens" else class_scores(train, rows, output)


def _of_outputs(experiment: Experiment, task: Task, train: Rows, rows: Rows, *, weighted: bool) -> dict[str, object]:
    """Return the scores of the outputs' baselines, and the weighted sum of their losses where each has one."""
    scores, guesses, total = {}, {}, 0.0
    for name, (own, of_output) in experiment.by_output(task).items():
        found = baseline(own, of_output, train.of_target(name), rows.of_target(name), weighted=weighted)
        guesses[name] = found["guess"]
        scores |= {f"{name}_{key}": value for key, value in found.items() if key not in ("guess", "also")}
        loss = found.get("loss")
        total += experiment.training.loss_weight(name) * loss if isinstance(loss, float) else math.nan
    summed = {} if experiment.training.loss_weights == "uncertainty" or math.isnan(total) else {"loss": total}
    told = "; ".join(f"{name}: {guess}" for name, guess in guesses.items())
    return {"guess": told, "guesses": guesses, **summed, **scores}


def _plain_score(loss: Loss) -> str:
    """Return the score that equals the loss, where one does: a cross-entropy without options, or an error."""
    if loss.name in ("binary_crossentropy", "categorical_crossentropy", "sparse_categorical_crossentropy"):
        return "" if loss.model_dump().get("label_smoothing") else "crossentropy"
    return loss.name if loss.name in ("mse", "mae") else ""


def loss_of_constant(
    experiment: Experiment, task: Task, train: Rows, rows: Rows, *, weighted: bool = False
) -> float | None:
    """Return the mean loss on `rows` of the constant prediction that is best on the training rows.

    None where there is no such number: of very many classes, of a loss that is no mean over rows, or where a plug-in's
    loss fails.
    """
    chosen = experiment.loss(task)
    if task.output.quantiles:
        known, wanted = (some.y.reshape(len(some), -1) for some in (train, rows))
        guess = np.quantile(known, task.output.quantiles, axis=0).T  # (numbers, quantiles)
        return pinball(wanted, np.broadcast_to(guess, (len(wanted), *guess.shape)), task.output.quantiles)
    if isinstance(experiment.model, EstimatorModel) and task.output.is_count:  # known without Keras
        known, wanted = (own_numbers(some.y.reshape(len(some), -1), task.output) for some in (train, rows))
        return float(poisson_losses(wanted, np.broadcast_to(known.mean(axis=0), wanted.shape)).mean())
    if (task.output.units or 0) > _MOST_CLASSES and task.output.has_classes:
        return None
    try:
        built = plain_loss(chosen)
        known, wanted = (_targets(some, experiment, task, weighted=weighted) for some in (train, rows))
        if not is_mean_of_rows(built, known):
            return None
        found = mean_loss(built, wanted, best_guess(chosen, built, known))
    except Exception as error:
        signals.raise_behind(error)
        if type(chosen).__module__.startswith("dlpy."):
            raise
        return None  # a plug-in's loss that cannot take a constant; the training is worth keeping
    return found if math.isfinite(found) else None


def _targets(rows: Rows, experiment: Experiment, task: Task, *, weighted: bool) -> Targets:
    """Return the targets of rows as the loss sees them, each class once."""
    output, activation = task.output, experiment.model.last_activation(task)
    chosen, units = experiment.class_weight(task), output.units or 1
    if output.kind in ("regression", "multilabel"):
        y = rows.y.reshape(len(rows), -1)
        values = own_numbers(y, output) if experiment.loss(task).needs_unit else y
        return Targets(values.astype(np.float32), np.ones(len(rows)), len(rows), units, activation)
    labels, count = class_numbers(rows, output), output.class_count
    weights = weights_of_rows(chosen, labels, output) if weighted and chosen is not None else None
    counts = np.bincount(labels, weights, minlength=count).astype(np.float64)
    values = np.eye(count) if output.one_hot else np.arange(count)[:, None]
    return Targets(values.astype(np.float32), counts, len(rows), units, activation)


def _guesses(experiment: Experiment, task: Task, rows: Rows, guesses: dict[str, np.ndarray]) -> dict[str, object]:
    """Return the scores of values of the windows as forecasts: those of the first, and of the others under "also"."""
    target = rows.y.reshape(len(rows), -1)
    found = []
    for name, guess in guesses.items():
        forecast = np.broadcast_to(guess.reshape(len(rows), -1), target.shape)
        scores = _guess(name, forecast, target)
        least = scores.get(_plain_score(experiment.loss(task)))
        if least is None:
            built: Any = training_loss(experiment, task)
            every = np.repeat(forecast, max(1, len(task.output.quantiles)), axis=1)
            least = float(built(target.astype(np.float32), every.astype(np.float32)))
        found.append({"loss": least, **scores, **_metric_scores(experiment, task, target, lambda _, f=forecast: f)})
    first, *others = found
    return first | ({"also": others} if others else {})


def _of_metrics(experiment: Experiment, task: Task, train: Rows, rows: Rows) -> dict[str, float]:
    """Return the scores of the constants that are best by each metric."""
    known, wanted = train.y.reshape(len(train), -1), rows.y.reshape(len(rows), -1)

    def guess(name: str) -> np.ndarray:
        numbers = own_numbers(known, task.output) if name in IN_UNIT else known
        best = best_constant(name, numbers)
        best = as_seen(best, task.output) if name in IN_UNIT else best
        return np.broadcast_to(best, wanted.shape)

    return _metric_scores(experiment, task, wanted, guess)


def _metric_scores(
    experiment: Experiment, task: Task, target: np.ndarray, guess: Callable[[str], np.ndarray]
) -> dict[str, float]:
    """Return the metrics of predicted numbers by key; undefined ones are left out."""
    found = {}
    for key, name in experiment.metric_names(task).items():
        if name in SCORES:
            pair = (target, guess(name))
            pair = tuple(own_numbers(numbers, task.output) for numbers in pair) if name in IN_UNIT else pair
            found[key] = regression_score(name, *pair)
    return {key: value for key, value in found.items() if math.isfinite(value)}


def beside(common_sense: dict[str, Any], scores: Mapping[str, Any]) -> dict[str, Any]:
    """Return a baseline with its loss named as the score that it can be compared with.

    Where a penalty is part of the scores' loss, the baseline's loss stands beside their data loss.
    """
    if not {DATA_LOSS, f"val_{DATA_LOSS}"} & scores.keys():
        return common_sense
    renamed = {DATA_LOSS if name == "loss" else name: value for name, value in common_sense.items()}
    others = [beside(other, scores) for other in common_sense.get("also", [])]
    return renamed | ({"also": others} if others else {})


def _guess(name: str, guess: np.ndarray, wanted: np.ndarray) -> dict[str, object]:
    errors = guess.astype(np.float64) - wanted
    return {"guess": name, "mse": float(np.square(errors).mean()), "mae": float(np.abs(errors).mean())}
