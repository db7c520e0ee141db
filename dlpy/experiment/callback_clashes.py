"""Checks that callbacks do not set or write the same as another part of an experiment."""

from __future__ import annotations

from typing import TYPE_CHECKING

from dlpy.components.callback import LEARNING_RATE
from dlpy.experiment.phases import has_schedule
from dlpy.experiment.yaml_reader import Mistake

if TYPE_CHECKING:
    from dlpy.experiment.experiment import Experiment

_FILES = ("config.yaml", "run.json", "metrics.csv", "summary.json", "model.keras", "predictions.npz", "log.txt")
_WRITTEN: dict[str, str] = {
    "checkpoints/": "checkpoint",
    **dict.fromkeys(_FILES, "every run"),
}  # path -> what writes it


def clashes_of_callbacks(experiment: Experiment) -> list[Mistake]:
    """Return the callbacks that are listed twice, or set or write the same as another part of the experiment."""
    training, mistakes = experiment.training, []
    computed = {LEARNING_RATE} if has_schedule(training) else set()  # before each step, whatever a callback sets
    setters: dict[str, str] = {**_WRITTEN}
    if training.phases:
        setters[LEARNING_RATE] = "training.phases"
    names = [callback.name for callback in experiment.callbacks]
    for position, callback in enumerate(experiment.callbacks):
        found = []
        if callback.only_once and callback.name in names[:position]:
            found.append(f"{callback.name} is listed twice: remove one.")
        elif computed & {*callback.sets, *callback.changes}:
            found.append(f"{callback.name} needs a constant learning rate: replace the schedule with a number.")
        else:
            shared = [one for one in callback.sets if setters.get(one, callback.name) != callback.name]
            found += [_both_set(callback.name, setters[one], one) for one in shared]
        mistakes += [Mistake(("callbacks", position), message) for message in found]
        setters.update((one, callback.name) for one in callback.sets)
    return mistakes


def _both_set(callback: str, other: str, what: str) -> str:
    """Return the message for two parts that set or write the same."""
    if other == "training.phases":
        return f"{callback} and training.phases both set {what}: give each phase its learning_rate instead."
    return f"{callback} and {other} both write {what}: leave one of them out."
