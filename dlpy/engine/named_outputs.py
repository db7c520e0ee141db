"""Models with several outputs, or with one whose targets may be missing or are those of steps.

They are trained by the weighted sum of the losses of their outputs.

The scores of one of several outputs are called `<output>_loss` and `<output>_<metric>`. Rows whose target is missing
count neither in the loss of that output nor in its metrics: its loss is the mean over the other rows of the batch. Of
targets of steps, each step counts as a row.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Any

from dlpy.components.objectives import DATA_LOSS
from dlpy.engine.known_targets import filled, is_known, takes_weights, update, update_known
from dlpy.engine.step_targets import Steps, as_rows

if TYPE_CHECKING:
    import keras


@dataclass(frozen=True)
class Objective:
    """What an output is trained and scored by.

    metrics: Keras metrics, named as their scores. weight: of the loss in the sum. is_masked: whether targets may be
    missing. is_error: whether the loss is one of numbers, not of classes, for `uncertainty`. steps: of targets of
    steps.
    """

    loss: keras.losses.Loss
    metrics: Sequence[keras.metrics.Metric] = ()
    weight: float = 1.0
    is_masked: bool = False
    is_error: bool = False
    steps: Steps | None = None


def with_outputs(model: keras.Model, names: Sequence[str], *, uncertain: bool) -> keras.Model:
    """Return a functional model with a dict of outputs, or with one, as one that is trained by an objective for each.

    Args:
        model: the network.
        names: of the outputs, in order.
        uncertain: whether the weights of the losses are learnt, see `_uncertain_sum`.
    """
    return outputs_class()(model, names, uncertain=uncertain)


@cache
def outputs_class() -> Any:
    """Return the class of models with several outputs."""
    import keras

    class NamedOutputs(keras.Model):
        """A network whose outputs each have an objective, given by `set_objectives` before it is compiled."""

        def __init__(self, network: keras.Model, names: Sequence[str], *, uncertain: bool) -> None:
            super().__init__(network.input, network.output)
            self.names = tuple(names)
            options: Any = {"shape": (len(names),), "initializer": "zeros", "name": "log_variances"}
            self.log_variances = self.add_weight(**options) if uncertain else None

        def set_objectives(self, objectives: Mapping[str, Objective], *, logs_data_loss: bool) -> None:
            """Set the objectives by output, and whether the loss without penalties is logged."""
            self.objectives = tuple(objectives[name] for name in self.names)
            self.loss_means = [keras.metrics.Mean(f"{name}_loss") for name in self.names]
            self.penalty_mean, self.logs_data_loss = keras.metrics.Mean("penalty"), logs_data_loss
            masked = [metric for one in self.objectives if one.is_masked for metric in one.metrics]
            self.supports_jit = all(map(takes_weights, masked))

        @property
        def steps(self) -> dict[str, Steps]:
            """The steps of the outputs that have targets of steps."""
            pairs = zip(self.names, self.objectives, strict=True)
            return {name: objective.steps for name, objective in pairs if objective.steps is not None}

        @property
        def metrics(self) -> list[Any]:
            """The means of the losses, and the metrics of all outputs."""
            return [self._loss_tracker, *self.loss_means, self.penalty_mean, *_metrics(self)] if self.compiled else []

        def compute_loss(
            self, x: Any = None, y: Any = None, y_pred: Any = None, sample_weight: Any = None, training: bool = True
        ) -> Any:
            """Return the weighted sum of the outputs' losses on a batch, and the penalties of the layers."""
            return _sum(self, _losses(self, y, y_pred, sample_weight)) + _penalty(self, y_pred)

        def compute_metrics(self, x: Any, y: Any, y_pred: Any, sample_weight: Any = None) -> dict[str, Any]:
            """Update the metrics of all outputs with a batch, and return all scores."""
            _update_metrics(self, y, y_pred)
            return self.get_metrics_result()

        def get_metrics_result(self) -> dict[str, Any]:
            """Return the scores by name; the loss is the weighted sum of the means of the outputs' losses."""
            means = {mean.name: mean.result() for mean in self.loss_means}
            data = _sum(self, list(means.values()))
            means = means if len(means) > 1 else {}
            first = {"loss": data + self.penalty_mean.result()} | ({DATA_LOSS: data} if self.logs_data_loss else {})
            return first | means | {metric.name: metric.result() for metric in _metrics(self)}

    return NamedOutputs


def _by_name(model: Any, values: Any) -> Mapping[str, Any]:
    """Return targets or predictions by output; the only output has them without its name."""
    return values if isinstance(values, Mapping) else {model.names[0]: values}


def _metrics(model: Any) -> list[keras.metrics.Metric]:
    return [metric for objective in model.objectives for metric in objective.metrics]


def _losses(model: Any, y: Any, y_pred: Any, sample_weight: Any) -> list[Any]:
    """Return the losses of the outputs on a batch, and add them to their means."""
    values, y, y_pred = [], _by_name(model, y), _by_name(model, y_pred)
    for name, objective, mean in zip(model.names, model.objectives, model.loss_means, strict=True):
        weight = sample_weight[name] if isinstance(sample_weight, Mapping) else sample_weight
        value, rows = _loss_of(objective, y[name], y_pred[name], weight)
        mean.update_state(value, rows)
        values.append(value)
    return values


def _penalty(model: Any, y_pred: Any) -> Any:
    """Return the penalties of the layers, and add them to their mean."""
    from keras import ops as keras_ops

    ops: Any = keras_ops
    penalties = [model._aggregate_additional_loss(loss) for loss in model.losses]
    penalty = ops.sum(ops.stack(penalties)) if penalties else ops.zeros(())
    model.penalty_mean.update_state(penalty, ops.shape(_by_name(model, y_pred)[model.names[0]])[0])
    return penalty


def _update_metrics(model: Any, y: Any, y_pred: Any) -> None:
    y, y_pred = _by_name(model, y), _by_name(model, y_pred)
    for name, objective in zip(model.names, model.objectives, strict=True):
        target, prediction = y[name], y_pred[name]
        if objective.steps is not None:
            target, prediction, _ = as_rows(objective.steps, target, prediction)
        if objective.is_masked:
            update_known(objective.metrics, target, prediction)
        else:
            update(objective.metrics, target, prediction)


def _sum(model: Any, values: list[Any]) -> Any:
    """Return the weighted sum of the outputs' losses."""
    from keras import ops

    if model.log_variances is not None:
        return _uncertain_sum(model.objectives, values, model.log_variances)
    weighted = [objective.weight * value for objective, value in zip(model.objectives, values, strict=True)]
    return ops.sum(ops.stack(weighted))


def _loss_of(objective: Objective, target: Any, prediction: Any, weight: Any) -> tuple[Any, Any]:
    """Return the loss of an output on a batch, and the number of rows that it is the mean of."""
    from keras import ops as keras_ops

    ops: Any = keras_ops
    if objective.steps is not None:
        target, prediction, weight = as_rows(objective.steps, target, prediction, weight)
    count = ops.shape(prediction)[0]
    if not objective.is_masked:
        return objective.loss(target, prediction, weight), count
    known = ops.cast(is_known(target), prediction.dtype)
    target = filled(target)
    rows = ops.sum(known)
    mean = objective.loss(target, prediction, known if weight is None else known * weight)
    return mean * ops.cast(count, known.dtype) / ops.maximum(rows, 1.0), rows


def _uncertain_sum(objectives: Sequence[Objective], values: list[Any], log_variances: Any) -> Any:
    """Return the sum of losses weighted by learnt uncertainty (Kendall, Gal & Cipolla 2018, equations 7 and 10).

    With s the logarithm of an output's variance, a loss L of numbers counts as exp(-s) L / 2 + s / 2, and one of
    classes as exp(-s) L + s / 2.
    """
    from keras import ops as keras_ops

    ops: Any = keras_ops
    parts = []
    for number, (objective, value) in enumerate(zip(objectives, values, strict=True)):
        variance = log_variances[number]
        parts.append((0.5 if objective.is_error else 1.0) * ops.exp(-variance) * value + variance / 2)
    return ops.sum(ops.stack(parts))
