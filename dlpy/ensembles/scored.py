"""The scores of predictions as the experiment of an ensemble's first member reports them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from dlpy.compare.row_scores import View, reported_scores
from dlpy.data.task import Task
from dlpy.experiment.experiment import Experiment, prefix
from dlpy.runs.predictions import Stored
from dlpy.scores.ensembles import diversity

Predictions = Mapping[str, np.ndarray]  # by output: (rows, units), in the target's own unit


def scores_by_name(
    experiment: Experiment, task: Task, stored: Mapping[str, Stored], predictions: Predictions
) -> dict[str, float]:
    """Return the loss and the metrics of predictions, those of several outputs with the output's name in front.

    Losses are without penalties. If the weights of several losses were learnt, there is no loss of all together.

    Args:
        experiment, task: of the first member.
        stored: the rows of each output.
        predictions: for these rows.
    """
    found: dict[str, float] = {}
    for name, own in stored.items():
        scores = reported_scores(View.of(experiment, task, name), replace(own, prediction=predictions[name]))
        found |= {f"{prefix(task, name)}{key}": score for key, score in scores.items()}
    if len(stored) == 1 or experiment.training.loss_weights == "uncertainty":
        return found
    losses = [experiment.training.loss_weight(name) * found[f"{prefix(task, name)}loss"] for name in stored]
    return {"loss": float(sum(losses)), **found}


def with_quantiles(stored: Mapping[str, Stored], quantiles: Predictions) -> dict[str, Stored]:
    """Return the rows of each output with other quantiles: (rows, units, quantiles)."""
    return {name: replace(own, quantiles=quantiles.get(name)) for name, own in stored.items()}


def diversity_of(stored: Mapping[str, Stored], predictions: Mapping[str, np.ndarray]) -> dict[str, Any]:
    """Return the diversity of the members by output.

    Args:
        stored: the rows of each output.
        predictions: of all members for these rows, by output: (members, rows, units).
    """
    return {name: diversity(own.target, predictions[name], is_number=is_number(own)) for name, own in stored.items()}


def is_number(stored: Stored) -> bool:
    """Return whether the target is a number, not a class or labels."""
    return stored.of is not None and stored.of.kind == "regression"
