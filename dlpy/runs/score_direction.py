"""Whether a larger or a smaller value of a score is better."""

from __future__ import annotations

from typing import Any

from dlpy.components.objectives import Metric
from dlpy.core.errors import ConfigError
from dlpy.experiment.document import read
from dlpy.runs.directory import Run

_ENDINGS = ("accuracy", "diversity", "exact_match", "bleu", "chrf")  # of scores that model families define themselves


def larger_is_better(score: str, runs: list[Run]) -> bool:
    """Return whether larger values of a score are better; labels of metrics are looked up in the runs' configs."""
    name = score.removeprefix("val_")
    if name not in Metric.registry.names():
        name = next((found for run in runs if (found := _metric_labelled(name, run))), name)
    if name in Metric.registry.names():
        return Metric.registry.get(name).direction == "max"
    return name.endswith(_ENDINGS)


def _metric_labelled(label: str, run: Run) -> str | None:
    """Return the metric with this label in a run's config, or None; no code of the run is executed."""
    try:
        training: Any = read(run.config).values.get("training")
    except (ConfigError, OSError):
        return None
    listed = training.get("metrics") if isinstance(training, dict) else None
    metrics = [metric for metric in listed or [] if isinstance(metric, dict)] if isinstance(listed, list) else []
    return next((str(metric.get("name")) for metric in metrics if metric.get("label") == label), None)
