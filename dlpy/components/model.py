"""The base class of model families."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, ClassVar, Literal

import numpy as np

from dlpy.components.callback import Callback
from dlpy.components.transform import Transform
from dlpy.core.options import Component, Slot
from dlpy.core.registry import Registry
from dlpy.data.rows import Data, Rows
from dlpy.data.task import Task

if TYPE_CHECKING:
    from pathlib import Path

    import keras


class Model(Component):
    """A family of networks."""

    registry = Registry[type["Model"]]("model", "dlpy.models")
    masks_padding: ClassVar[bool] = False  # what fills a row up changes none of its predictions; see `build`

    def check(self, task: Task) -> None:
        """Raise ConfigError where the family does not fit the task; called before Keras is imported."""

    def pinned(self) -> Model:
        """Return the family with names written out that may mean another run later."""
        return self

    def outside_files(self) -> dict[str, Path]:
        """Return the files beside the data that decide its first weights, by what the experiment calls them."""
        return {}

    def resolved(self, task: Task) -> Model:
        """Return the family with the options written out that the file left open and the transformed rows decide."""
        return self

    def notice(self, task: Task) -> str | None:
        """Return a line that a person should read before training begins, if there is one."""
        return None

    def transforms(self) -> list[Transform]:
        """Return what the family itself does to the rows, behind the transforms of the data."""
        return []

    def scores(self, task: Task) -> dict[str, Literal["min", "max"]] | None:
        """Return which way is better for each score of the family's own training step (see dlpy/engine/custom_step.py).

        None where the loss and the metrics of `training` are what counts, as with most families.
        """
        return None

    def baseline(self, task: Task, train: Rows, rows: Rows) -> dict[str, object]:
        """Return the scores on `rows` of a "guess" without learning, for a family with scores of its own."""
        return {"guess": "none"}

    def last_activation(self, task: Task) -> str:
        """Return the activation of the last layer: `output_activation`, where that is an option and is given."""
        return dict(self).get("output_activation") or task.output.activation

    def callbacks(self) -> list[Callback]:
        """Return the callbacks that its runs have even where the file lists none of that name."""
        return []

    def samples(self, model: keras.Model, data: Data, seed: int) -> dict[str, np.ndarray]:
        """Return what plots show of a trained model that makes rows: arrays for samples/made.npz."""
        return {}

    def build(self, task: Task) -> keras.Model:
        """Return a new, uncompiled model with freshly drawn weights.

        Its input is of the shape `task.input.shape`. For sequences of integers that 'pad' brought to one length it may
        be `(None,)` instead: the model then gets rows of that one length too, filled up with 0 in front or behind
        (`task.input.padding`). Only where the family also sets `masks_padding = True` are batches cut to their longest
        row, which saves time: it promises that filling a row up changes none of its predictions, as where
        `Embedding(mask_zero=True)` marks what to skip and all layers behind it heed the mask. Before training and
        scoring, a few short rows are predicted at two lengths; if they differ, rows are fed at full length.
        """
        raise self.lacks("build")

    def initialize(self, model: keras.Model) -> None:
        """Put weights that were learnt elsewhere into a new model before it trains; a run read again has its own.

        Raises:
            DataError: the weights cannot be had, or are those of another network.
        """

    def check_phases(self) -> None:
        """Raise ConfigError where the family, as its options are, cannot be trained in phases."""

    def base_layers(self, model: keras.Model) -> list[keras.layers.Layer]:
        """Return the layers that `freeze: all` in training.phases keeps as they are: all that learn but the last."""
        learning = [layer for layer in model.layers if layer.trainable_variables]
        return learning[:-1]


AnyModel = Annotated[Model, Slot(Model.registry)]
