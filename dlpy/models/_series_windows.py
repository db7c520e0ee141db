"""What the families for windows of a series share."""

from __future__ import annotations

from dlpy.core.errors import ConfigError
from dlpy.data.task import Task


def check_windows(task: Task, family: str) -> None:
    """Raise ConfigError unless rows are windows of numbers (time, columns) and targets are numbers."""
    given = task.input
    if given.kind != "array" or len(given.shape) != 2:
        raise ConfigError(f"{family} needs windows of a series (time, columns), not {given}.")
    if task.output.kind != "regression":
        raise ConfigError(f"{family} forecasts numbers; this target is {task.output.kind}.")
