"""Checks that a metric fits the target."""

from __future__ import annotations

from dlpy.components.objectives import Metric
from dlpy.core.errors import ConfigError
from dlpy.data.task import Task


def refuse_numbers_and_tokens(metric: Metric, task: Task) -> None:
    """Raise ConfigError unless the target is one of classes."""
    if task.output.kind == "regression":
        raise ConfigError(f"{metric.name} needs classes; this target is a number. Use mae.")
    refuse_tokens(metric, task)


def require_numbers(metric: Metric, task: Task) -> None:
    """Raise ConfigError unless the target is numeric."""
    if task.output.kind != "regression":
        raise ConfigError(f"{metric.name} needs numbers; this target is {task.output.kind}. Use accuracy.")


def refuse_tokens(metric: Metric, task: Task) -> None:
    """Raise ConfigError if the target is the tokens of a text."""
    if task.output.kind == "codes":
        raise ConfigError(f"{metric.name} does not fit codes. Use recall_at_1, recall_at_10, mrr or precision_at_1.")
    if task.output.kind == "tokens":
        raise ConfigError(f"{metric.name} does not fit the tokens of a text. Use bits, perplexity, accuracy or top_k.")
