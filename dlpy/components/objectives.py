"""The base classes of what training aims at and how it gets there: losses, metrics, optimizers and schedules."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np
from pydantic import AfterValidator

from dlpy.core.options import Component, Slot
from dlpy.core.registry import Registry
from dlpy.data.rows import Rows
from dlpy.data.task import Task

if TYPE_CHECKING:
    import keras


class Optimizer(Component):
    """Changes the weights, given the gradients."""

    registry = Registry[type["Optimizer"]]("optimizer", "dlpy.optimizers")

    def build(self) -> keras.optimizers.Optimizer:
        """Return a new Keras optimizer."""
        raise self.lacks("build")


AnyOptimizer = Annotated[Optimizer, Slot(Optimizer.registry, default="rmsprop")]


class Schedule(Component):
    """A learning rate that depends on the number of steps taken."""

    registry = Registry[type["Schedule"]]("schedule", "dlpy.schedules")

    def build(self) -> keras.optimizers.schedules.LearningRateSchedule:
        """Return the Keras schedule."""
        raise self.lacks("build")


AnySchedule = Annotated[Schedule, Slot(Schedule.registry)]


class Loss(Component):
    """What training makes small."""

    registry = Registry[type["Loss"]]("loss", "dlpy.losses")

    @property
    def needs_unit(self) -> bool:
        """Whether it depends on where 0 lies: of a standardized target it then sees the numbers in their own unit."""
        return False

    def check(self, task: Task) -> None:
        """Raise ConfigError where the loss does not fit the target."""

    def best_constant(self, values: np.ndarray, counts: np.ndarray) -> np.ndarray | None:
        """Return the constant prediction (units,) with the least mean loss, or None where it must be searched for.

        Args:
            values: (targets, units), or, of class numbers, all of them in order: (classes, 1).
            counts: (targets,) float64, how often each occurs.
        """
        return None

    def build(self) -> keras.losses.Loss:
        """Return the Keras loss."""
        raise self.lacks("build")


DATA_LOSS = "data_loss"  # the loss without the penalties that are minimized with it (see dlpy/engine/penalties.py)

AnyLoss = Annotated[Loss, Slot(Loss.registry)]


def losses_first(scores: dict[str, float]) -> dict[str, float]:
    """Return the same scores; the loss without penalties, where there is one, comes next to the loss."""
    first = ["loss", DATA_LOSS] if DATA_LOSS in scores else []
    return {name: scores[name] for name in dict.fromkeys([*first, *scores])}


class Metric(Component):
    """A score shown beside the loss."""

    registry = Registry[type["Metric"]]("metric", "dlpy.metrics")
    direction: ClassVar[Literal["min", "max"]]

    label: str | None = None
    """What the score is called in files and plots; its name unless given."""

    @property
    def key(self) -> str:
        """The name of the score in the logs."""
        return self.label or self.name

    @property
    def is_logged(self) -> bool:
        """Whether it has a number in the logs."""
        return True

    @property
    def needs(self) -> str:
        """What rows it must be scored on, in words, where it is undefined (NaN) on others."""
        return ""

    def check(self, task: Task) -> None:
        """Raise ConfigError where the metric does not fit the target."""

    def build(self, task: Task) -> keras.metrics.Metric:
        """Return a new Keras metric called `key`."""
        raise self.lacks("build")

    def exact(self, task: Task, rows: Rows, prediction: np.ndarray) -> float:
        """Return the score of rows, given what the model says of all of them: (rows, units).

        To define it is to say that the Keras metric, which sees batch after batch, only approximates the score: of
        rows that are scored, this is shown. NaN where the score is undefined.
        """
        raise self.lacks("exact")

    @property
    def is_exact(self) -> bool:
        """Whether it has an `exact` of its own."""
        return type(self).exact is not Metric.exact


_METRICS = Slot(Metric.registry)
AnyMetric = Annotated[Metric, _METRICS]


def _without_alias(monitor: str) -> str:
    """Return the name under which a score is logged: `val_acc` stands for `val_accuracy`."""
    prefix = "val_" if monitor.startswith("val_") else ""
    name = monitor.removeprefix(prefix)
    cls = _METRICS.known().get(name)
    return monitor if cls is None else prefix + cls.aliases.get(name, name)


Monitor = Annotated[str, AfterValidator(_without_alias)]
