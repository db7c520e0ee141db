"""Which targets a metric fits."""

from __future__ import annotations

from dlpy.components.objectives import Metric
from dlpy.core.errors import ConfigError
from dlpy.data.task import Output, Task


def class_count(output: Output) -> int:
    """Return how many classes there are; 0 where the file must tell."""
    return 2 if output.kind == "binary" else output.units or 0


def refuse_numbers_and_tokens(metric: Metric, task: Task) -> None:
    if task.output.kind == "regression":
        raise ConfigError(f"{metric.name} fits classes; this target is a number. Use mae.")
    refuse_tokens(metric, task)


def require_numbers(metric: Metric, task: Task) -> None:
    if task.output.kind != "regression":
        raise ConfigError(f"{metric.name} fits numbers; this target is {task.output.kind}. Use accuracy.")


def refuse_tokens(metric: Metric, task: Task) -> None:
    if task.output.kind == "tokens":
        raise ConfigError(f"{metric.name} does not fit the tokens of a text. Use bits, perplexity, accuracy or top_k.")
