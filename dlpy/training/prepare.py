"""An experiment with its rows, ready to train: loaded, split, and checked as far as can be before training."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from dlpy.core import keras_backend
from dlpy.core.errors import DataError
from dlpy.data.rows import Data, Loaded, Rows
from dlpy.engine import devices
from dlpy.experiment.document import Document
from dlpy.experiment.experiment import Experiment, raise_mistakes
from dlpy.runs.checkpoint_files import CheckpointState
from dlpy.runs.directory import Run
from dlpy.training.pipeline import Pipeline, Split, obtain, split
from dlpy.training.record import Options
from dlpy.training.smoke import shortened
from dlpy.training.workshop import Workshop


@dataclass(frozen=True)
class Prepared:
    """An experiment with its rows, ready to train."""

    experiment: Experiment
    loaded: Loaded
    parts: Split
    checkpoint: CheckpointState | None = None  # the state to resume from; None: from the start
    is_refit: bool = False  # of a k-fold run, whose config.yaml is that of its folds
    shop: Workshop | None = None  # of several trainings that share their graphs, or of several processes

    @property
    def follows(self) -> bool:
        """Whether another process writes the run."""
        return self.shop is not None and self.shop.follows


@dataclass(frozen=True)
class Job:
    """A run directory and what is trained in it: the experiment, its rows before and after the fitted transforms."""

    run: Run
    prepared: Prepared
    data: Data
    pipeline: Pipeline

    def for_one_training(self) -> Job:
        """Return the same without rows that are not used again: those before the split, and test rows but their number.

        Of rows that are validated on, too, all stays.
        """
        parts, data = self.prepared.parts, self.data
        if data.test is not None and data.test is not data.validation:
            parts = replace(parts, test=None)
            data = replace(data, test=Rows({}, index=data.test.index))
        loaded = replace(self.prepared.loaded, train=parts.train, test=None)
        return replace(self, prepared=replace(self.prepared, loaded=loaded, parts=parts), data=data)


def prepare(experiment: Experiment, document: Document, options: Options) -> Prepared:
    """Return the experiment with its rows loaded and split; all that can be checked before training is checked."""
    if options.smoke:
        experiment = shortened(experiment)
    return with_rows(experiment, document, obtain(experiment.data, experiment.seed, smoke=options.smoke))


def with_rows(experiment: Experiment, document: Document, loaded: Loaded) -> Prepared:
    """Return the experiment with rows that were just read, split and checked as far as can be before training."""
    keras_backend.give_back_memory()  # that reading took, before TensorFlow needs its own
    return with_known_rows(experiment, document, loaded)


def with_known_rows(experiment: Experiment, document: Document, loaded: Loaded) -> Prepared:
    """Return the experiment with these rows, split; all that can be checked before training is checked."""
    raise_mistakes(experiment, document, loaded.task)
    devices.prepare(experiment.training.devices)  # before transforms of pretrained networks compute
    task = experiment.task(loaded.task)
    if task is None:
        raise ValueError("a loaded dataset always has a task")
    if experiment.training.refit > 1:
        final_folds(experiment, loaded)  # which may be too many for a class
    return Prepared(experiment.resolved(task, loaded.resolved), loaded, split(experiment.data, loaded))


def final_folds(experiment: Experiment, loaded: Loaded) -> list[tuple[np.ndarray, np.ndarray]]:
    """Return the positions of the rows that each network of a final model learns, and of those that stop it.

    Raises:
        DataError: there are more networks than rows, groups or rows of a class.
    """
    kfold = experiment.kfold.model_copy(update={"folds": experiment.training.refit, "repeats": 1, "shuffle": True})
    try:
        return list(kfold.split(loaded.train, loaded.task, experiment.data.split_seed))
    except DataError as error:
        reason = str(error).rpartition(". Use fewer folds")[0] or str(error)
        raise DataError(
            f"training.refit: {reason}, one for each network. Use fewer networks, or refit: true."
        ) from None
