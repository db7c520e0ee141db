"""Checks that the parts of an experiment fit each other and the dataset's task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dlpy.components.callback import LEARNING_RATE
from dlpy.components.model import GenerativeModel, Model
from dlpy.components.objectives import DATA_LOSS
from dlpy.core.errors import ConfigError, ConfigErrors, did_you_mean
from dlpy.data.task import Task
from dlpy.experiment.class_weights import check_class_weight
from dlpy.experiment.phases import clashes_of_phases, has_schedule
from dlpy.experiment.yaml_reader import Keys, Mistake

if TYPE_CHECKING:
    from dlpy.experiment.experiment import Experiment

_FILES = ("config.yaml", "run.json", "metrics.csv", "summary.json", "model.keras", "predictions.npz", "log.txt")
_WRITTEN: dict[str, str] = {
    "checkpoints/": "checkpoint",
    **dict.fromkeys(_FILES, "every run"),
}  # path -> what writes it


def clashes(experiment: Experiment) -> list[Mistake]:
    """Return the mistakes that do not depend on the data."""
    mistakes = []
    try:
        experiment.data.check()
    except ConfigError as error:
        mistakes.append(Mistake(("data",), str(error)))
    labels = [metric.key for metric in experiment.training.metrics or []]
    for label in {label for label in labels if labels.count(label) > 1}:
        mistakes.append(
            Mistake(("training", "metrics"), f"two metrics are named '{label}': give one of them a 'label'.")
        )
    for label in {"loss", DATA_LOSS} & set(labels):
        mistakes.append(Mistake(("training", "metrics"), f"'{label}' is the name of a loss: use another 'label'."))
    mistakes += _clashes_of_callbacks(experiment)
    if experiment.data.validation and experiment.data.validation.column and not experiment.data.has_columns:
        mistakes.append(Mistake(("data", "validation", "column"), f"{experiment.data.name} has no columns."))
    changed = any(not transform.keeps_rows for transform in experiment.model.transforms())
    if changed and experiment.data.augmentation:
        message = "features are computed once, but data.augmentation changes images every epoch: use 'train: frozen'."
        mistakes.append(Mistake(("model", "train"), message))
    return mistakes + clashes_of_phases(experiment.training, experiment.model)


def _clashes_of_callbacks(experiment: Experiment) -> list[Mistake]:
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


def misfits(experiment: Experiment, task: Task) -> list[Mistake]:
    """Return the mistakes that depend on the dataset's task."""
    mistakes: list[Mistake] = []
    added = experiment.model.transforms()

    def attempt(keys: Keys, check: Any, *arguments: Any) -> Any:
        try:
            return check(*arguments)
        except ConfigError as error:
            mistakes.extend(_placed(error, keys))

    listed = experiment.data.transforms
    for transform in experiment.all_transforms():
        keys = ("data", "transforms", listed.index(transform)) if transform in listed else ("data",)
        keys = ("model", "name") if transform in added else keys
        task = attempt(keys, transform.outline, task)
        if task is None:
            return mistakes
    if task.output.has_classes and experiment.data.only and len(experiment.data.only) == 1:
        return [Mistake(("data", "only"), "one class cannot be classified: name at least two.")]
    attempt(("model", "name"), experiment.model.check, task)
    mistakes += _of_own_scores(experiment, task)
    if experiment.data.augmentation:
        attempt(("data", "augmentation"), experiment.data.augmentation.check, task)
    if experiment.training.loss:
        attempt(("training", "loss"), experiment.training.loss.check, task)
    for position, metric in enumerate(experiment.training.metrics or []):
        attempt(("training", "metrics", position), metric.check, task)
    directions = experiment.directions(task, validation=experiment.data.validation is not None)
    for position, callback in enumerate(experiment.callbacks):
        attempt(("callbacks", position), callback.check, task)
        attempt(("callbacks", position, "monitor"), _check_monitor, callback.monitors(), directions, experiment.model)
    attempt(("training", "class_weight"), check_class_weight, experiment.training.class_weight, task)
    attempt(("training", "jit_compile"), _check_jit_compile, experiment.training.jit_compile, task)
    return mistakes


def _placed(error: ConfigError, keys: Keys) -> list[Mistake]:
    """Return the mistakes of a component, whose name or whole is at `keys`."""
    if not isinstance(error, ConfigErrors):
        return [Mistake(keys, str(error))]
    component = keys[:-1] if keys[-1] == "name" else keys
    return [Mistake((*component, *below), message) for below, message in error.found]


def _of_own_scores(experiment: Experiment, task: Task) -> list[Mistake]:
    """Return the loss, metrics and class_weight that are set although the model family has its own scores."""
    if not isinstance(experiment.model, GenerativeModel):
        return []
    said = [name for name in ("loss", "metrics", "class_weight") if getattr(experiment.training, name) is not None]
    own = ", ".join(experiment.model.scores(task))
    hint = f"{experiment.model.name} has its own scores ({own}): leave this option out."
    return [Mistake(("training", name), hint) for name in said]


def _check_monitor(monitor: str | None, directions: dict[str, str], family: Model) -> None:
    """Raise ConfigError if no score of that name will be logged."""
    if monitor is None or monitor in directions:
        return
    if monitor.startswith("val_") and monitor.removeprefix("val_") in directions:
        raise ConfigError(f"'{monitor}' needs validation rows: set data.validation.")
    hint = did_you_mean(monitor, directions)
    fixed = isinstance(family, GenerativeModel)  # metrics cannot be added to its own scores
    added = " Use one of these." if fixed else " To log it, add it to training.metrics."
    raise ConfigError(f"no score is called '{monitor}'.{hint}{added}")


def _check_jit_compile(jit_compile: bool | str, task: Task) -> None:
    """Raise ConfigError if XLA cannot compile the model."""
    if jit_compile is True and task.input.kind == "sparse":
        raise ConfigError("XLA cannot compile products with sparse rows: use auto or false.")
