"""Checks of options that say how predictions are decided."""

from __future__ import annotations

from dlpy.core.errors import ConfigError
from dlpy.data.task import Task

NOTHING_HELD_OUT = (
    "the threshold is chosen on held-out rows, and there are none: set data.validation, or the kfold block for "
    "dlpy kfold, or leave this option out."
)


def check_threshold(threshold: str | None, task: Task) -> None:
    """Raise ConfigError if a threshold is asked for and no output has two classes or labels."""
    kinds = {output.kind for output in task.outputs.values()}
    if threshold is None or kinds & {"binary", "multilabel", "unknown"}:
        return
    given = "a number" if kinds == {"regression"} else f"{' and '.join(sorted(kinds))}"
    raise ConfigError(f"threshold needs two classes, or labels; this target is {given}.")
