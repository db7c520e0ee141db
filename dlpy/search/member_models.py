"""Models for the trainings of a group, built once for many groups: to build one takes longer than an epoch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dlpy.data.task import Task
from dlpy.engine import model_state
from dlpy.experiment.experiment import Experiment
from dlpy.models.dense import Dense
from dlpy.search.grouping import kind_of
from dlpy.training.compile import fresh_model

if TYPE_CHECKING:
    import keras

_MOST_KEPT = 16  # kinds


@dataclass(frozen=True)
class _Kind:
    """What decides the initial weights of models, their seed included; they differ in numbers alone."""

    options: str | None
    task: Task


class _Shelf:
    """The models of a kind, and their variables before training."""

    def __init__(self) -> None:
        self.models: list[keras.Model] = []
        self.used = 0
        self.initial: list[np.ndarray] = []


class MemberModels:
    """Returns compiled models with their initial weights, which are those of `fresh_model` to the bit."""

    def __init__(self) -> None:
        self._shelves: list[tuple[_Kind, _Shelf]] = []  # the one used last comes last

    def begin(self) -> None:
        """Begin a group: no model that was returned before is needed any longer."""
        self._shelves = self._shelves[-_MOST_KEPT:]
        for _, shelf in self._shelves:
            shelf.used = 0

    def model(self, experiment: Experiment, task: Task) -> keras.Model:
        """Return a model that no other member of the group has."""
        if type(experiment.model) is not Dense:  # in other families, numbers may be anywhere
            return fresh_model(experiment, task)
        shelf = self._shelf(_Kind(kind_of(experiment), task))
        shelf.used += 1
        if shelf.used > len(shelf.models):
            model = fresh_model(experiment, task)
            shelf.models.append(model)
            shelf.initial = shelf.initial or [variable.numpy() for variable in _changed(model)]
            return model
        model = shelf.models[shelf.used - 1]
        for variable, value in zip(_changed(model), shelf.initial, strict=True):
            variable.assign(value)
        _set_numbers(model, experiment)
        return model

    def _shelf(self, kind: _Kind) -> _Shelf:
        known = next((pair for pair in self._shelves if pair[0] == kind), None)
        found = known or (kind, _Shelf())
        self._shelves = [*(pair for pair in self._shelves if pair is not known), found]
        return found[1]


def _changed(model: keras.Model) -> list[Any]:
    """Return the variables of a model that a member changes: weights, and the states of random generators."""
    return [*model.weights, *model_state.seeds(model)]


def _set_numbers(model: keras.Model, experiment: Experiment) -> None:
    """Give a model of the family `dense` the numbers of an experiment that `kind_of` leaves out."""
    options: Any = experiment.model
    how: Any = experiment.training.optimizer
    for layer in model.layers:
        if type(layer).__name__ == "Dropout":
            layer.rate = options.dropout
    for variable in model.trainable_variables:
        if variable.regularizer is not None and options.regularizer is not None:
            variable.regularizer.l1, variable.regularizer.l2 = options.regularizer.l1, options.regularizer.l2
    optimizer: Any = model.optimizer
    if isinstance(how.learning_rate, int | float):
        optimizer.learning_rate = how.learning_rate
    if optimizer.weight_decay is not None:
        optimizer.weight_decay = how.weight_decay
