"""The base classes of losses, metrics, optimizers and schedules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from pydantic import AfterValidator

from dlpy.components.transform import Transform
from dlpy.core import keras_backend
from dlpy.core.options import Component, Slot
from dlpy.core.registry import Registry
from dlpy.data.rows import Rows
from dlpy.data.task import Task

if TYPE_CHECKING:
    import keras

    from dlpy.scores.weighted import Weighted


class Optimizer(Component):
    """Updates the weights from the gradients."""

    registry = Registry[type["Optimizer"]]("optimizer", "dlpy.optimizers")

    def build(self) -> keras.optimizers.Optimizer:
        """Return a new Keras optimizer."""
        raise self.lacks("build")


AnyOptimizer = Annotated[Optimizer, Slot(Optimizer.registry, default="rmsprop")]


class Schedule(Component):
    """A learning rate that depends on the training step."""

    registry = Registry[type["Schedule"]]("schedule", "dlpy.schedules")

    def stretched(self, factor: float) -> Schedule:
        """Return the schedule over `factor` times as many steps; one that does not count steps returns itself."""
        return self

    def build(self) -> keras.optimizers.schedules.LearningRateSchedule:
        """Return the Keras schedule."""
        raise self.lacks("build")


AnySchedule = Annotated[Schedule, Slot(Schedule.registry)]


class Loss(Component):
    """The function that training minimizes."""

    registry = Registry[type["Loss"]]("loss", "dlpy.losses", is_grouped=True)
    of_batches: ClassVar[bool] = False  # whether the loss of a row depends on the other rows of its batch

    @property
    def needs_unit(self) -> bool:
        """Whether the loss depends on the position of 0; it then sees standardized targets in their original unit."""
        return False

    def check(self, task: Task) -> None:
        """Raise ConfigError if the loss does not fit the target."""

    def transforms(self) -> list[Transform]:
        """Return the loss's own transforms of the rows; they follow all others."""
        return []

    def check_activation(self, activation: str) -> None:
        """Raise ConfigError if the loss does not fit the activation of the last layer, see Model.last_activation."""

    def best_constant(self, values: np.ndarray, counts: np.ndarray) -> np.ndarray | None:
        """Return the constant prediction (units,) with the smallest mean loss, or None if it must be searched for.

        Args:
            values: (targets, units); for classes, all class numbers in order: (classes, 1).
            counts: (targets,) float64, the frequency of each.
        """
        return None

    def build(self) -> keras.losses.Loss:
        """Return the Keras loss."""
        raise self.lacks("build")


DATA_LOSS = "data_loss"  # the loss without regularization penalties (see dlpy/engine/penalties.py)

AnyLoss = Annotated[Loss, Slot(Loss.registry)]


def losses_first(scores: dict[str, float]) -> dict[str, float]:
    """Return the scores with the loss first, then the loss without penalties if there is one."""
    first = ["loss", DATA_LOSS] if DATA_LOSS in scores else []
    return {name: scores[name] for name in dict.fromkeys([*first, *scores])}


class Metric(Component):
    """A score that is reported beside the loss."""

    registry = Registry[type["Metric"]]("metric", "dlpy.metrics", is_grouped=True)
    direction: ClassVar[Literal["min", "max"]]

    label: str | None = None
    """Name of the score in files and plots; default: the name of the metric."""

    @property
    def key(self) -> str:
        """The name of the score in the logs."""
        return self.label or self.name

    @property
    def is_logged(self) -> bool:
        """Whether the score is a number that is logged."""
        return True

    @property
    def needs(self) -> str:
        """The rows that the score needs, in words, if it is undefined (NaN) on others; else the empty text."""
        return ""

    def check(self, task: Task) -> None:
        """Raise ConfigError if the metric does not fit the target."""

    def build(self, task: Task) -> keras.metrics.Metric:
        """Return a new Keras metric named `key`."""
        raise self.lacks("build")

    def exact(self, task: Task, rows: Rows, prediction: np.ndarray) -> float:
        """Return the score of rows from the predictions for all of them, (rows, units); NaN if it is undefined.

        Define it if the Keras metric, which sees one batch at a time, only approximates the score. It replaces that
        metric wherever all rows are scored at once, as for validation rows.
        """
        raise self.lacks("exact")

    def of_rows(self, task: Task, rows: Rows, prediction: np.ndarray) -> float:
        """Return the score of rows from the predictions for all of them, (rows, units), of a model without Keras.

        Unless it is overridden, this is `exact`, or else what the Keras metric says of all rows at once.
        """
        if self.is_exact:
            return self.exact(task, rows, prediction)
        keras_backend.start()
        metric = self.build(task)
        metric.update_state(rows.y.reshape(len(rows), -1) if prediction.shape[1] == 1 else rows.y, prediction)
        return float(metric.result())

    def weighted(self, task: Task, rows: Rows, prediction: np.ndarray) -> Weighted | None:
        """Return the score as a function of the rows' weights, by which rows are resampled for its interval.

        None: the metric has no interval. The arguments are those of `exact`.
        """
        return None

    @property
    def is_exact(self) -> bool:
        """Whether the metric defines `exact`."""
        return type(self).exact is not Metric.exact


AnyMetric = Annotated[Metric, Slot(Metric.registry)]


def _without_alias(monitor: str) -> str:
    """Return the name under which a score is logged, such as `val_accuracy` for `val_acc`."""
    prefix = "val_" if monitor.startswith("val_") else ""
    name = monitor.removeprefix(prefix)
    cls = Metric.registry.find(name)
    return monitor if cls is None else prefix + cls.aliases.get(name, name)


Monitor = Annotated[str, AfterValidator(_without_alias)]
