"""The scale in which an ensemble is scored: that of its first member, but never the logarithm of a target.

The mean of members that see a target itself may be below 0, where it has no logarithm. Of several series with scales
of their own, an ensemble is scored in the target's own unit, too: members may have other scales.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from dlpy.data.rows import Rows
from dlpy.data.task import Output, Task
from dlpy.data.units import as_seen, is_changed, own_of_rows
from dlpy.experiment.experiment import Experiment, prefix
from dlpy.training.answers import Answers, past_of


def scored_task(task: Task) -> Task:
    """Return the task of an ensemble: that of its first member, with logarithms of targets in the target's own unit."""
    return replace(task, outputs={name: scored_output(output) for name, output in task.outputs.items()})


def scored_output(output: Output) -> Output:
    """Return the output itself, or in its own unit if the model sees its logarithm, or series on their own scales."""
    if not _leaves_scale(output):
        return output
    return replace(output, scale=1.0, offset=0.0, log_of_sum=None, by_series=False)


def _leaves_scale(output: Output) -> bool:
    return output.log_of_sum is not None or output.by_series


def scored_rows(rows: Rows, task: Task) -> Rows:
    """Return rows of the first member's `task` with the targets that an ensemble is scored on.

    Where these change, windows of a series lose their inputs, which are on the old scale.
    """
    others = [name for name in rows.targets if _leaves_scale(task.outputs[name])]
    for name in others:
        rows = rows.with_y(own_of_rows(rows.targets[name], task.outputs[name], rows), name)
    return replace(rows, inputs={"": np.zeros((len(rows), 1), np.float32)}) if others else rows


def scored_baseline(summary: Mapping[str, Any], experiment: Experiment, task: Task) -> dict[str, Any]:
    """Return the baseline in the first member's summary on the scale of the ensemble.

    Args:
        summary: summary.json of the first member.
        experiment, task: of the first member.
    """
    found = dict(summary["baseline"])
    for name, output in task.outputs.items():
        if not _leaves_scale(output):
            continue
        before, own, view = prefix(task, name), experiment.of_output(name), task.of_output(name)
        block = summary["outputs"][name] if len(task.outputs) > 1 else summary
        known = block.get("in_unit", {}).get("baseline", {})  # k-fold validation has none
        names = {"loss": own.loss_name(view), **own.metric_names(view)}
        for key, score in names.items():
            found.pop(before + key, None)
            if score in known or key in known:
                found[before + key] = known[score] if score in known else known[key]
        if len(task.outputs) > 1:
            found.pop("loss", None)
    return found


def answered(answer: Answers, predictions: Mapping[str, np.ndarray], bands: Mapping[str, np.ndarray]) -> Answers:
    """Return an answer with the ensemble's predictions and quantiles, given by output in the target's own unit."""
    task = scored_task(answer.task)

    def seen(numbers: np.ndarray, like: np.ndarray) -> np.ndarray:
        own = as_seen(numbers, task.output) if is_changed(task.output) else numbers
        return own.reshape(like.shape).astype(np.float32)

    made = replace(
        answer,
        task=task,
        rows=scored_rows(answer.rows, answer.task),
        past=past_of(answer.rows, answer.task.output),
        prediction=seen(predictions[answer.output], answer.prediction),
    )
    if answer.quantiles is None:
        return made
    return replace(made, quantiles=seen(bands[answer.output], answer.quantiles))
