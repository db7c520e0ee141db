"""Losses of codes on held-out rows, and the baselines that a family has of its own, such as codes at random."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from dlpy.components.model import GenerativeModel
from dlpy.data.rows import Rows
from dlpy.data.task import Task
from dlpy.data.validate import class_numbers
from dlpy.engine.engine import ExactScore
from dlpy.engine.graphs import Predictions
from dlpy.experiment.experiment import Experiment
from dlpy.scores.retrieval import chance_of_classes, chance_of_partners
from dlpy.training.loss import training_loss

if TYPE_CHECKING:
    import keras


def losses_of_batches(experiment: Experiment, task: Task) -> dict[str, ExactScore]:
    """Return the loss under its name in the logs where it compares the rows of a batch, else nothing.

    Held-out rows are scored many at a time, which would change such a loss: it is computed in batches of the size of
    training.
    """
    if len(task.outputs) != 1 or not experiment.loss(task).of_batches:
        return {}
    return {"loss": partial(loss_of_batches, training_loss(experiment, task), experiment.training.batch_size)}


def loss_of_batches(loss: keras.losses.Loss, batch_size: int, rows: Rows, predictions: Predictions) -> float:
    """Return the mean loss of rows over batches."""
    (codes,) = predictions.values()
    batches = _batches(len(rows), batch_size)
    targets = rows.y.reshape(len(rows), -1)
    losses = [float(np.asarray(loss(targets[batch], codes[batch]))) for batch in batches]
    return float(np.average(losses, weights=[len(batch) for batch in batches]))


def _batches(rows: int, size: int) -> list[np.ndarray]:
    """Return the positions of rows in a fixed random order, in batches of at least a size where there are enough."""
    return np.array_split(np.random.default_rng(0).permutation(rows), max(1, rows // size))


def of_family(experiment: Experiment, task: Task, train: Rows, rows: Rows) -> dict[str, object]:
    """Return the baseline of a family with a guess of its own, or of codes; empty for others."""
    if isinstance(experiment.model, GenerativeModel):
        return experiment.model.baseline(task, train, rows)
    if any(output.kind == "codes" for output in task.outputs.values()):
        return chance(experiment, task, rows)
    return {}


def chance(experiment: Experiment, task: Task, rows: Rows) -> dict[str, object]:
    """Return the scores of similarities at random, and the loss where all similarities are equal."""
    output = task.output
    if output.classes:
        return {"guess": "similarities at random", **chance_of_classes(class_numbers(rows, output))}
    partners = int((rows.y.reshape(-1) == 1).sum())
    scores = chance_of_partners(len(rows)) if partners else {}
    if experiment.loss(task).name == "in_batch":
        sizes = [len(batch) for batch in _batches(len(rows), experiment.training.batch_size)]
        scores = {"loss": float(np.average(np.log(sizes), weights=sizes)), **scores}
    return {"guess": "similarities at random", **scores}
