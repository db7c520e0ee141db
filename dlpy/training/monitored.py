"""Ends training where a monitored score is undefined."""

from __future__ import annotations

import math

import numpy as np

from dlpy.components.hooks import Hooks
from dlpy.core.errors import DataError
from dlpy.data.rows import Data, Rows
from dlpy.data.steps import counted
from dlpy.data.task import Task
from dlpy.data.validate import class_numbers
from dlpy.experiment.experiment import Experiment, prefix

_MOST_LISTED = 8


class MonitoredScores(Hooks):
    """Checks the scores that callbacks monitor, each with the reason why it may be undefined."""

    def __init__(self, reasons: dict[str, str]) -> None:
        self._reasons = reasons

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        """Raise DataError where a monitored score is undefined."""
        for name, reason in self._reasons.items():
            if math.isnan(logs.get(name, 0.0)):
                hint = "Change the split, or monitor another score."
                raise DataError(f"{name}, which is monitored, is undefined in epoch {epoch + 1}{reason}. {hint}")


def monitored_scores(experiment: Experiment, data: Data) -> MonitoredScores:
    """Return the hooks that check the scores which the experiment's callbacks monitor."""
    named = {callback.monitors() for callback in experiment.callbacks}
    needs = {key: metric.needs for key, metric in experiment.metrics_by_key(data.task).items()}
    reasons = {}
    for name in sorted(name for name in named if name is not None):
        held_out = name.startswith("val_") and data.validation is not None
        part, rows = ("validation", data.validation) if held_out else ("training", data.train)
        score = name.removeprefix("val_")
        need = needs.get(score)
        outputs = [each for each in data.task.outputs if score.startswith(prefix(data.task, each))]
        output = max(outputs, key=len, default=None)
        if need and output is not None:
            own = counted(rows or data.train, output, data.task.outputs[output])
            reasons[name] = f": it needs {need}; {part} rows: {_by_class(own, data.task.of_output(output))}"
        else:
            reasons[name] = ""
    return MonitoredScores(reasons)


def _by_class(rows: Rows, task: Task) -> str:
    """Return the number of rows of each class, or, for many classes, the number of classes with rows."""
    output = task.output
    if not output.has_classes:
        return f"{len(rows):,}"
    counts = np.bincount(class_numbers(rows, output), minlength=output.class_count)
    if len(counts) > _MOST_LISTED:
        return f"{np.count_nonzero(counts):,} of {len(counts):,} classes"
    names = output.classes or tuple(map(str, range(len(counts))))
    return ", ".join(f"{count:,} of {name}" for name, count in zip(names, counts, strict=True))
