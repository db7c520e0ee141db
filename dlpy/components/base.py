"""The base classes of everything an experiment file can name: the whole plug-in API.

A component is a frozen class whose fields are exactly the options that YAML may give, with one method that makes
the real thing. Defining a subclass with `name: Literal["my_name"] = "my_name"` registers it. No Keras is imported
until that method runs.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from dlpy.components.hooks import Hooks
from dlpy.core.errors import ConfigError
from dlpy.core.options import Component, Slot
from dlpy.core.registry import Registry
from dlpy.data.class_filter import Names
from dlpy.data.images.augmentation import Augmentation
from dlpy.data.images.files import Form
from dlpy.data.splits import Holdout
from dlpy.data.task import Data, Loaded, Rows, State, Task
from dlpy.data.unfamiliar import Unfamiliar

if TYPE_CHECKING:
    from pathlib import Path

    import keras
    from matplotlib.figure import Figure

    from dlpy.runs.directory import Run


class Transform(Component):
    """Turns rows into other rows; what it must learn, it learns from training rows."""

    registry = Registry[type["Transform"]]("transform", "dlpy.transforms")
    on_targets: ClassVar[bool] = False  # it changes targets only
    keeps_rows: ClassVar[bool] = False  # it only looks at rows

    def outline(self, task: Task) -> Task:
        """Return the task as it is after this transform.

        Raises:
            ConfigError: the transform does not fit such rows.
        """
        return task

    def measured(self, task: Task, state: State) -> Task:
        """Return the outlined task with what the training rows have told."""
        return task

    def fit(self, rows: Rows, task: Task) -> State:
        """Return what `apply` needs to know of the training rows and their task, as arrays (stored with the run)."""
        return {}

    def apply(self, rows: Rows, state: State) -> Rows:
        """Return the transformed rows."""
        raise self.lacks("apply")

    def fit_apply(self, rows: Rows, task: Task) -> tuple[State, Rows]:
        """Return what `fit` learns of the rows and what `apply` makes of them, where both take the same first step."""
        state = self.fit(rows, task)
        return state, self.apply(rows, state)

    def unfamiliar(self, rows: Rows, state: State) -> list[Unfamiliar]:
        """Return what of the rows, as they are before `apply`, no training row held."""
        return []

    def files(self, state: State) -> dict[str, str]:
        """Return what it learnt that a person may want to read: texts for the run directory, by file name."""
        return {}

    def layer(self, state: State) -> keras.layers.Layer | None:
        """Return a Keras layer that does the same to a batch, or None where there is none."""
        return None


AnyTransform = Annotated[Transform, Slot(Transform.registry)]


class Dataset(Component):
    """Gives rows. Fields that every dataset has are here; a subclass adds its own and the methods."""

    registry = Registry[type["Dataset"]]("dataset", "dlpy.datasets")
    has_columns: ClassVar[bool] = False  # whether rows can be told apart by a column of their table
    in_time_order: ClassVar[bool] = False  # whether rows overlap their neighbours in time: no folds, no random rows

    path: str | None = None
    """A file or folder of your own instead of the download; beside the experiment file or in the current folder."""
    transforms: list[AnyTransform] = []
    """What is done to the rows, in order; fitted on training rows only."""
    augmentation: Augmentation | None = None
    """How training pictures are changed at random, such as {rotation: 40, zoom: 0.2, flip: horizontal}."""
    validation: Holdout | None = Holdout(fraction=0.2)
    """Rows held out to watch training: a count (the first rows), a fraction (drawn at random), a mapping, or null."""
    only: Names | None = None
    """The classes whose rows are taken, by name or number, such as [frog]; all of them unless given."""
    split_seed: Annotated[int, Field(ge=0, le=10**18)] = 0
    """Seed of random splits; apart from `seed`, so that runs with other seeds hold out the same rows."""
    fallback: Literal["stand_in"] | None = None
    """What to do where the data cannot be had: stop with an error (null) or train on dlpy's generated stand-in."""

    @property
    def rows_are_in_time(self) -> bool:
        """Whether later rows must not be learnt from before earlier ones are scored, as folds would."""
        return self.in_time_order

    def outline(self) -> Task | None:
        """Return the task as far as the options tell it, or None where only the data can tell."""
        return None

    def check(self) -> None:
        """Raise ConfigError where the options do not fit the files they name, as far as a look at their sizes tells."""

    def load(self) -> Loaded:
        """Return all rows.

        Raises:
            DataError: the data cannot be had or is not what it should be.
        """
        raise self.lacks("load")

    def stand_in(self, seed: int, limit: int | None) -> Loaded:
        """Return generated rows like the real ones (at most `limit` of each split, where given)."""
        raise ConfigError(f"data.fallback: {self.name} has no stand-in.")

    def read(self, path: Path, task: Task) -> Rows:
        """Return the rows of a user's file, with or without targets, for `dlpy predict`."""
        reads = "read(path, task), the method that reads a user's file"
        raise ConfigError(f"dlpy predict cannot read {path}: dataset '{self.name}' has no {reads}.")

    def carried(self, path: Path, names: list[str]) -> dict[str, list[str]]:
        """Return the cells of some columns of a user's file, a cell for each row that `read` gives.

        Raises:
            ConfigError: the file has no such column, or its rows are no lines of a table.
        """
        raise ConfigError(f"--keep: {self.name} does not predict the rows of a table, whose columns could be kept.")

    def form(self, task: Task) -> Form:
        """Return what picture files are brought to, to be like the rows of this task, which no transform has seen.

        Raises:
            ConfigError: such rows are no pictures.
        """
        shape = task.input.shape
        channels = shape[2] if len(shape) == 3 else 1
        if task.input.kind != "array" or len(shape) not in (2, 3) or channels not in (1, 3) or None in shape:
            raise ConfigError(f"{self.name} gives {task.input}, not pictures.")
        return Form((shape[0] or 1, shape[1] or 1), "rgb" if channels == 3 else "grayscale", convert=True)

    def holdouts(self) -> dict[str, Holdout]:
        """Return the options that say which rows are held out, by the part they make: validation, test."""
        return {name: value for name, value in self if isinstance(value, Holdout)}

    def divided(self, loaded: Loaded, holdout: Holdout) -> tuple[np.ndarray, np.ndarray]:
        """Return which of the rows that are no test rows train and which validate, as positions."""
        held = holdout.held_out(loaded.train, loaded.task, self.split_seed)
        return np.flatnonzero(~held), np.flatnonzero(held)

    def steps(self) -> list[Transform]:
        """Return every transform that the rows go through, those the dataset needs itself included."""
        return list(self.transforms)


AnyDataset = Annotated[Dataset, Slot(Dataset.registry)]


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


LEARNING_RATE = "the learning rate"


class Callback(Component):
    """Watches training and may steer it.

    It declares what it writes, so that two that would undo each other's work are refused: LEARNING_RATE, or a path in
    the run directory, such as "samples/epoch-*.png". Several may end training: it ends where the first one says so.
    """

    registry = Registry[type["Callback"]]("callback", "dlpy.callbacks")
    only_once: ClassVar[bool] = True
    sets: ClassVar[tuple[str, ...]] = ()  # what it gives values of its own: nothing else may set the same
    changes: ClassVar[tuple[str, ...]] = ()  # what it makes another value of than it finds, whoever set it

    def check(self, task: Task) -> None:
        """Raise ConfigError where there is nothing for it to do with such a task."""

    def monitors(self) -> str | None:
        """Return the score it watches, so that the check can tell whether there will be one of that name."""
        return None

    def build(self, run: Run, directions: dict[str, str]) -> Hooks:
        """Return the hooks, or a keras.callbacks.Callback.

        Args:
            run: where files go.
            directions: "min" or "max", which way is better, for every score there will be.
        """
        raise self.lacks("build")


AnyCallback = Annotated[Callback, Slot(Callback.registry)]


class Plot(Component):
    """Draws pictures of a run, or of several runs together, from the files in their directories."""

    registry = Registry[type["Plot"]]("plot", "dlpy.plots")
    overlays: ClassVar[bool] = False  # it shows several runs together; the other plots show one

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        needed = [name for name, field in cls.model_fields.items() if name != "name" and field.is_required()]
        if needed:  # before it is registered: every run's end would fail by it
            raise ConfigError(f"plot '{cls.__name__}' must have defaults for its options: {', '.join(needed)}.")
        super().__pydantic_init_subclass__(**kwargs)

    def draw(self, runs: list[Run]) -> dict[str, Figure]:
        """Return a figure for each part (validation, test, ...), by its name in the file's name: `<plot>-<part>.png`.

        Where there is only one picture its part is the empty text; the dictionary is empty where none would apply.
        """
        raise self.lacks("draw")
