"""The base class of model families, and the two kinds of families that can do more."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np

from dlpy.components.callback import Callback
from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError
from dlpy.core.options import Component, Slot
from dlpy.core.registry import Registry
from dlpy.data.rows import Data, Rows
from dlpy.data.task import Task

if TYPE_CHECKING:
    from pathlib import Path

    import keras


_KINDS: list[type[Model]] = []  # PretrainedModel, GenerativeModel and EstimatorModel, as soon as they are defined


class Model(Component):
    """A model family: a class that builds a network for a task. Only `build` must be defined.

    A family that starts from weights in a file derives from PretrainedModel, one that makes rows from GenerativeModel,
    and one that is no network from EstimatorModel (dlpy/components/estimator.py).
    """

    registry = Registry[type["Model"]]("model", "dlpy.models")
    masks_padding: ClassVar[bool] = False  # padding a row changes none of its predictions; see `build`
    takes_several: ClassVar[bool] = False  # whether tasks may have several inputs or outputs; see `build`
    reads_codes: ClassVar[bool] = False  # whether it reads columns of codes, `task.input.categories`, as categories
    reads_lengths: ClassVar[bool] = False  # whether it reads series of different lengths, NaN after the end of each
    translates: ClassVar[bool] = False  # whether it writes texts from texts, see `Task.translates`
    predicts_steps: ClassVar[bool] = False  # whether it can predict something at each step of a row, `output.steps`
    gives_features: ClassVar[bool] = True  # whether a graph may use what goes into the last layer, as a block

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        for kind in _KINDS:
            _refuse_ignored(cls, kind)
        super().__pydantic_init_subclass__(**kwargs)

    def check(self, task: Task) -> None:
        """Raise ConfigError if the family does not fit the task; called before Keras is imported."""

    def check_codes(self, task: Task) -> None:
        """Raise ConfigError if the rows have columns of codes, which the family would take for numbers."""
        if any(given.categories for given in task.inputs.values()) and not self.reads_codes:
            hint = "use dense, tabm, realmlp or combined, or remove 'embed' from tabulate"
            raise ConfigError(f"{self.name} cannot read codes of categories: {hint}.")

    def check_lengths(self, task: Task) -> None:
        """Raise ConfigError if series differ in length, and the family reads steps after the end of a series."""
        differ = any(given.whole and given.padding for given in task.inputs.values())
        if differ and not self.reads_lengths:
            able = [name for name in self.registry.names() if self.registry.get(name).reads_lengths]
            hint = f"use {', '.join(able[:-1])} or {able[-1]}"
            raise ConfigError(f"{self.name} cannot read series of different lengths: {hint}.")

    def check_steps(self, task: Task) -> None:
        """Raise ConfigError if each step of a row has a target, and the family predicts one for the whole row."""
        for name, output in task.outputs.items():
            if output.is_per_step and not (self.predicts_steps or task.translates):
                able = [name for name in self.registry.names() if self.registry.get(name).predicts_steps]
                hint = f"{self.name} predicts one for the whole row: use {', '.join(able[:-1])} or {able[-1]}"
                raise ConfigError(f"each step of a row has a {name}, and {hint}.")
            if output.is_per_step:
                _check_steps_of_inputs(task)

    def transforms(self) -> list[Transform]:
        """Return the family's own transforms of the rows; they follow those of the data."""
        return []

    def resolved(self, task: Task) -> Model:
        """Return the family with the options filled in that the file left open and the transformed rows decide."""
        return self

    def last_activation(self, task: Task) -> str:
        """Return the activation of the last layer: the option `output_activation`, or else the task's."""
        return dict(self).get("output_activation") or task.output.activation

    def base_layers(self, model: keras.Model) -> list[keras.layers.Layer]:
        """Return the layers that `freeze: all` in training.phases freezes: all that have weights but the last."""
        learning = [layer for layer in model.layers if layer.trainable_variables]
        return learning[:-1]

    def uses(self) -> dict[str, list[str]]:
        """Return what to call each use of the layers that have more than one, by the name of the layer."""
        return {}

    def build(self, task: Task) -> keras.Model:
        """Return a new, uncompiled model with random weights.

        Its input has the shape `task.input.shape`. For sequences of integers that 'pad' brought to one length it may
        be `(None,)` instead: the model then gets rows of that length too, padded with 0 in front or behind
        (`task.input.padding`). Only if the family also sets `masks_padding = True` are batches cut to their longest
        row, which saves time: it promises that padding a row changes none of its predictions, for example because
        `Embedding(mask_zero=True)` marks what to skip and all layers behind it use the mask. Before training and
        scoring, a few short rows are predicted at two lengths; if they differ, rows are fed at full length.

        A family that sets `takes_several = True` gets tasks with several inputs or outputs too. Its inputs then bear
        the names of `task.inputs`, and where there are several, inputs or outputs of the model are dicts by name:
        `keras.Model({"words": ..., "photo": ...}, {"price": ..., "sold": ...})`.
        """
        raise self.lacks("build")


def _check_steps_of_inputs(task: Task) -> None:
    """Raise ConfigError if transforms have left no steps, or several inputs are padded in front."""
    for given in task.inputs.values():
        has_steps = given.padding or given.kind == "text" or (given.kind == "array" and len(given.shape) > 1)
        if given.kind == "sequence" and not given.padding:
            raise ConfigError("each step of a row has a target: add 'pad' to data.transforms.")
        if len(task.inputs) == 1 and not has_steps:
            raise ConfigError(f"each step of a row has a target, and transforms turn rows into {given}: remove these.")
        if len(task.inputs) > 1 and given.padding == "front":
            raise ConfigError("with several inputs, steps are counted from the front: set 'fill: back' of pad.")


class PretrainedModel(Model):
    """A family whose first weights come from somewhere else, such as a file or another run."""

    def outside_files(self) -> dict[str, Path]:
        """Return the files beside the data that decide the first weights, by the option that names them.

        Their sha256 are stored with the run, so that `dlpy resume` notices a changed file.
        """
        return {}

    def pinned(self) -> Model:
        """Return the family with references such as `run:latest` replaced by what they mean now."""
        return self

    def notice(self, task: Task) -> str | None:
        """Return a line about the weights to show before training, or None."""
        return None

    def initialize(self, model: keras.Model) -> None:
        """Load the weights into a new model before it trains; not called when a trained model is read from its run.

        Raises:
            DataError: the weights are missing, unreadable, or those of another network.
        """

    def check_phases(self) -> None:
        """Raise ConfigError if these options do not allow training.phases."""


class GenerativeModel(Model):
    """A family with a custom training step that learns the rows themselves and generates new ones.

    Its `build` returns `stepped(...)` (see dlpy/engine/custom_step.py). It logs its own `scores`; the loss, metrics and
    class weights of the experiment do not apply to it.
    """

    gives_features = False

    def scores(self, task: Task) -> dict[str, Literal["min", "max"]]:
        """Return the direction, "min" or "max", in which each score of the custom training step is better."""
        raise self.lacks("scores")

    def baseline(self, task: Task, train: Rows, rows: Rows) -> dict[str, object]:
        """Return the scores of a common-sense baseline on `rows`, and under "guess" what the baseline is."""
        return {"guess": "none"}

    def callbacks(self) -> list[Callback]:
        """Return callbacks to add to every run whose experiment file lists none of that name."""
        return []

    def samples(self, model: keras.Model, data: Data, seed: int) -> dict[str, np.ndarray]:
        """Return samples of the trained model for plots: the arrays of samples/made.npz."""
        return {}


def keep_methods_to(kind: type[Model]) -> None:
    """Let only families of this kind define its methods, which dlpy calls on no others."""
    _KINDS.append(kind)


keep_methods_to(PretrainedModel)
keep_methods_to(GenerativeModel)


def _refuse_ignored(cls: type[Model], kind: type[Model]) -> None:
    """Raise ConfigError if a family defines a method that dlpy calls only on families of a kind that it is not of."""
    if issubclass(cls, kind):
        return
    for method, value in vars(kind).items():
        public = inspect.isfunction(value) and not method.startswith("_") and method not in vars(Model)
        if public and any(method in vars(base) for base in cls.__mro__):
            raise ConfigError(
                f"model '{cls.__name__}' defines {method}(), which is only called on a {kind.__name__}: "
                f"derive the class from {kind.__name__} (from dlpy.api import {kind.__name__}), or rename the method."
            )


AnyModel = Annotated[Model, Slot(Model.registry)]
