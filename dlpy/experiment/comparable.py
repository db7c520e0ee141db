"""What the trials of a search must have in common, so that their scores can be compared."""

from __future__ import annotations

from dlpy.components.objectives import DATA_LOSS
from dlpy.experiment.experiment import Experiment
from dlpy.experiment.yaml_reader import Keys, Mistake

_ROWS = "all trials are scored on the same rows: give all choices the same validation, test and split_seed."
_TARGETS = "trials predict the same target in the same unit, or their scores cannot be compared: give one value."
_TARGET_KEYS = ("target", "targets", "task", "target_transforms", "only")  # those of the datasets that have them


def difference(experiment: Experiment, first: Experiment) -> Mistake | None:
    """Return why the trial of an experiment cannot be compared with that of another one; None if it can."""
    return next((Mistake(keys, message) for keys, message in _differences(experiment, first)), None)


def _differences(experiment: Experiment, first: Experiment) -> list[tuple[Keys, str]]:
    found: list[tuple[Keys, str]] = []
    if _held_out(experiment) != _held_out(first):
        found.append((("data",), _ROWS))
    here, there = _targets(experiment), _targets(first)
    found += [(("data", key), _TARGETS) for key in here if here[key] != there.get(key)]
    monitor = _monitor(first)
    hint = (
        f"{monitor} is a loss, and trials of different losses cannot be compared by it: set search.monitor to a metric."
    )
    losses, others = _losses(experiment, monitor), _losses(first, monitor)
    found += [(("training", key), hint) for key in losses if losses[key] != others[key]]
    return found


def _held_out(experiment: Experiment) -> object:
    return experiment.data.holdouts(), experiment.data.split_seed


def _targets(experiment: Experiment) -> dict[str, object]:
    """Return the options that decide what is predicted, and its unit; for a series, its transforms do too."""
    data = experiment.data
    keys = (*_TARGET_KEYS, "transforms") if data.in_time_order else _TARGET_KEYS
    return {key: value for key, value in data.model_dump().items() if key in keys}


def _losses(experiment: Experiment, monitor: str) -> dict[str, object]:
    """Return the options that decide what the values of a monitored loss mean; none for a metric."""
    keys = {"loss"} if monitor.endswith("loss") else set()
    if monitor.removeprefix("val_") in ("loss", DATA_LOSS):
        keys.add("loss_weights")  # of several outputs
    return experiment.training.model_dump(include=keys)


def _monitor(experiment: Experiment) -> str:
    """Return the name of the score by which trials are compared."""
    kept = (callback.monitors() for callback in experiment.callbacks if callback.name == "checkpoint")
    return experiment.search.monitor or next(kept, None) or "val_loss"
