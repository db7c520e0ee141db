"""The scores of a run as functions of its predictions, in the target's own unit."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from dlpy.compare.row_scores import View, reported_score
from dlpy.core.errors import ConfigError, did_you_mean
from dlpy.data.quantiles import medians
from dlpy.data.rows import Rows, known_rows
from dlpy.data.task import Output, Task
from dlpy.data.units import own_numbers
from dlpy.experiment.experiment import prefix
from dlpy.explain.predictor import Numbers, Predictor
from dlpy.runs.predictions import Stored
from dlpy.training.answers import target_of


@dataclass(frozen=True)
class RunScore:
    """A score of one output on given rows: the loss, or a metric.

    name: as the run reports it. key: of this output alone. stored: the rows that have this target.
    known: their positions among all rows.
    """

    name: str
    key: str
    direction: str
    output: Output
    view: View
    stored: Stored
    known: np.ndarray

    @property
    def unit(self) -> str:
        """The unit of the score; empty if it has none."""
        return self.output.unit if self.key in ("mae", "rmse") else ""

    def of(self, numbers: Numbers) -> float:
        """Return the score of predictions for all rows."""
        (name,) = self.view.task.outputs
        prediction, count = numbers[name][self.known], len(self.output.quantiles)
        quantiles = prediction.reshape(len(prediction), -1, count) if count else None
        found = replace(self.stored, prediction=medians(prediction, self.output), quantiles=quantiles)
        return reported_score(self.view, found, self.key)

    def drop(self, before: float, after: float) -> float:
        """Return by how much the score has become worse."""
        return before - after if self.direction == "max" else after - before


def run_scores(predictor: Predictor, raw: Rows, wanted: str | None) -> list[RunScore]:
    """Return the first metric of each output, or the score of this name alone.

    Raises:
        ConfigError: the run has no such score.
    """
    rows = predictor.trained.applied(raw)
    every = {output: _of_output(predictor, rows, output) for output in predictor.task.outputs}
    if wanted is None:
        return [next((one for one in own if one.key != "loss"), own[0]) for own in every.values()]
    known = {one.name: one for own in every.values() for one in own}
    if wanted not in known:
        raise ConfigError(f"--score {wanted}: the run has no such score.{did_you_mean(wanted, known)}")
    return [known[wanted]]


def _of_output(predictor: Predictor, rows: Rows, name: str) -> list[RunScore]:
    """Return the loss and the metrics of an output."""
    task, before = predictor.task, prefix(predictor.task, name)
    view = View.of(predictor.experiment, in_own_unit(task), name)
    output = task.outputs[name]
    known = known_rows(rows.targets[name]) if output.has_missing else np.arange(len(rows))
    own = target_of(rows.of_target(name).take(known), output)
    target = own if output.has_classes else own_numbers(own, output)
    stored = Stored("", target, np.empty((len(known), 0)), rows.index[known], of=view.task.output)
    directions = {metric.key: metric.direction for metric in view.experiment.metrics(view.task) if metric.is_logged}
    return [
        RunScore(before + key, key, direction, output, view, stored, known)
        for key, direction in {"loss": "min", **directions}.items()
    ]


def in_own_unit(task: Task) -> Task:
    """Return the task of a model that would see all targets in their own unit."""
    plain = {
        name: replace(output, scale=1.0, offset=0.0, log_of_sum=None) if output.kind == "regression" else output
        for name, output in task.outputs.items()
    }
    return replace(task, outputs=plain)
