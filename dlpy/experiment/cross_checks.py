"""Checks that the parts of an experiment fit each other and the dataset's task."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from dlpy.components.model import GenerativeModel, Model
from dlpy.components.objectives import DATA_LOSS, Metric
from dlpy.core.errors import ConfigError, ConfigErrors, did_you_mean
from dlpy.data.splits import stratified
from dlpy.data.task import TARGET, Task
from dlpy.experiment.callback_clashes import clashes_of_callbacks
from dlpy.experiment.class_weights import check_class_weight
from dlpy.experiment.classic import clashes_of_estimators
from dlpy.experiment.decisions import NOTHING_HELD_OUT, check_threshold
from dlpy.experiment.device_checks import clashes_of_devices
from dlpy.experiment.phases import clashes_of_phases
from dlpy.experiment.refit_checks import check_refit, clashes_of_refit
from dlpy.experiment.yaml_reader import Keys, Mistake

if TYPE_CHECKING:
    from dlpy.experiment.experiment import Experiment


def clashes(experiment: Experiment) -> list[Mistake]:
    """Return the mistakes that do not depend on the data."""
    mistakes = []
    try:
        experiment.data.as_kept().check()
    except ConfigError as error:
        mistakes.append(_of_data(str(error)))
    given = experiment.training.metrics
    for output, metrics in given.items() if isinstance(given, dict) else [("", given or [])]:
        mistakes += _clashes_of_metrics(metrics, ("training", "metrics", output) if output else ("training", "metrics"))
    mistakes += clashes_of_estimators(experiment) + clashes_of_callbacks(experiment) + clashes_of_devices(experiment)
    mistakes += clashes_of_refit(experiment)
    if experiment.data.validation and experiment.data.validation.column and not experiment.data.has_columns:
        mistakes.append(Mistake(("data", "validation", "column"), f"{experiment.data.name} has no columns."))
    held_out = experiment.data.validation is not None or "kfold" in experiment.model_fields_set
    if experiment.training.threshold is not None and not held_out:
        mistakes.append(Mistake(("training", "threshold"), NOTHING_HELD_OUT))
    changed = any(not transform.keeps_rows for transform in experiment.model.transforms())
    named = [f"inputs.{name}.augmentation" for name, one in experiment.data.input_options().items() if one.augmentation]
    keys = (["augmentation"] if experiment.data.augmentation else []) + named
    if changed and keys:
        message = f"features are computed once, but data.{keys[0]} changes images every epoch: use 'train: frozen'."
        mistakes.append(Mistake(("model", "train"), message))
    return mistakes + clashes_of_phases(experiment.training, experiment.model)


def _of_data(message: str) -> Mistake:
    """Return the mistake that a message such as "data.size: too small" is about."""
    place, _, rest = message.partition(": ")
    if rest and place.startswith("data.") and " " not in place:
        return Mistake(tuple(place.split(".")), rest)
    return Mistake(("data",), message)


def _clashes_of_metrics(metrics: list[Metric], keys: Keys) -> list[Mistake]:
    """Return the metrics of an output that are named like another score."""
    labels = [metric.key for metric in metrics]
    twice = sorted({label for label in labels if labels.count(label) > 1})
    mistakes = [Mistake(keys, f"two metrics are named '{label}': give one of them a 'label'.") for label in twice]
    losses = sorted({"loss", DATA_LOSS} & set(labels))
    return mistakes + [Mistake(keys, f"'{label}' is the name of a loss: use another 'label'.") for label in losses]


class _Attempts:
    """Runs checks and collects their errors as mistakes."""

    def __init__(self) -> None:
        self.mistakes: list[Mistake] = []

    def __call__(self, keys: Keys, check: Any, *arguments: Any) -> Any:
        """Return what a check returns; add its error, at the place that these keys lead to, and return None."""
        try:
            return check(*arguments)
        except ConfigError as error:
            self.mistakes.extend(_placed(error, keys))


def _check_published(experiment: Experiment, task: Task) -> None:
    """Raise ConfigError for a published score that the run does not have."""
    known = experiment.directions(task, validation=True)
    for name in experiment.published:
        if name not in known:
            raise ConfigError(f"'{name}' is no score of this experiment.{did_you_mean(name, known)}")


def misfits(experiment: Experiment, task: Task) -> list[Mistake]:
    """Return the mistakes that depend on the dataset's task."""
    attempt = _Attempts()
    wrong = _wrong_names(experiment, task)
    if any(mistake.keys[0] != "training" for mistake in wrong):
        return wrong
    attempt.mistakes += wrong
    listed, added = experiment.data.transforms, experiment.model.transforms()
    for transform in experiment.all_transforms():
        keys = getattr(transform, "keys", None) or ("data",)
        keys = ("data", "transforms", listed.index(transform)) if transform in listed else keys
        keys = ("model", "name") if transform in added else keys
        task = attempt(keys, transform.outline, task)
        if task is None:
            return attempt.mistakes
    if experiment.data.only and len(experiment.data.only) == 1 and any(o.has_classes for o in task.outputs.values()):
        return [Mistake(("data", "only"), "one class cannot be classified: name at least two.")]
    attempt(("model", "name"), experiment.model.check_codes, task)
    attempt(("model", "name"), experiment.model.check_lengths, task)
    attempt(("model", "name"), experiment.model.check_steps, task)
    attempt(("model", "name"), experiment.model.check, task)
    attempt(("model", "output_activation"), _check_output_activation, experiment.model, task)
    attempt.mistakes += _of_own_scores(experiment, task)
    for name, change in experiment.data.augmentations(task).items():
        keys = ("data", "augmentation") if experiment.data.augmentation else ("data", "inputs", name, "augmentation")
        attempt(keys, change.check, task.of_input(name))
    splits = {("data", name): holdout for name, holdout in experiment.data.holdouts().items()}
    for keys, split in {**splits, ("kfold",): experiment.kfold}.items():
        if all(output.kind != "unknown" for output in task.outputs.values()):
            attempt((*keys, "stratify"), stratified, task, split.stratify)
    if not wrong:
        _check_objectives(attempt, experiment, task)
        attempt(("published",), _check_published, experiment, task)
    _check_callbacks(attempt, experiment, task)
    attempt(("training", "threshold"), check_threshold, experiment.training.threshold, task)
    attempt(("training", "refit"), check_refit, experiment, task)
    attempt(("training", "jit_compile"), _check_jit_compile, experiment.training.jit_compile, task)
    return attempt.mistakes


def _wrong_names(experiment: Experiment, task: Task) -> list[Mistake]:
    """Return the options by input or output that name none, and those that do not say which one they are for."""
    data, training, mistakes = experiment.data, experiment.training, []
    named: list[tuple[Keys, Any, str, dict[str, Any]]] = [
        (("data", "inputs"), data.input_options(), "input", task.inputs),
        (("data", "targets"), data.target_options(), "target", task.outputs),
    ]
    several = len(task.outputs) > 1
    for option in ("loss", "metrics", "class_weight", "loss_weights"):
        given = getattr(training, option)
        by_output = option == "loss_weights" or given != getattr(training.of_output(""), option)
        if given is None or (given == "uncertainty" and several):
            continue
        if not several and option == "loss_weights":
            mistakes.append(Mistake(("training", option), "there is one output: nothing to weigh it against."))
        elif by_output:
            named.append((("training", option), given, "output", task.outputs))
        elif several:
            hint = f"there are several outputs: give each its own, such as {{{next(iter(task.outputs))}: ...}}."
            mistakes.append(Mistake(("training", option), hint))
    for keys, given, what, known in named:
        unknown = [name for name in given or {} if name not in known]
        mistakes += [
            Mistake((*keys, name), f"there is no {what} '{name}'.{did_you_mean(name, known)}") for name in unknown
        ]
    if len(task.inputs) > 1:
        hint = f"there are several inputs: list it for one, such as data.inputs.{next(iter(task.inputs))}."
        options = [name for name in ("transforms", "augmentation") if getattr(data, name)]
        mistakes += [Mistake(("data", name), hint) for name in options]
    if data.target_transforms and TARGET not in task.outputs:
        hint = f"list them for one target, such as data.targets.{next(iter(task.outputs))}.transforms."
        mistakes.append(Mistake(("data", "target_transforms"), hint))
    return mistakes + _of_family(experiment.model, task)


def _of_family(family: Model, task: Task) -> list[Mistake]:
    """Return the mistake of a family that cannot take the inputs and outputs of the task."""
    if task.translates and not family.translates:
        hint = f"{family.name} does not write texts from texts: use seq2seq."
    elif not task.is_single and not family.takes_several:
        counts = f"{len(task.inputs)} inputs and {len(task.outputs)} outputs"
        hint = f"{family.name} takes one input and predicts one target, not {counts}: use combined or graph."
    else:
        return []
    return [Mistake(("model", "name"), hint)]


def _check_objectives(attempt: _Attempts, experiment: Experiment, task: Task) -> None:
    """Check loss, metrics and class weights of each output."""
    for name, (own, of_output) in experiment.by_output(task).items():
        if of_output.output.kind == "unknown":
            continue
        training: Any = own.training
        several = len(task.outputs) > 1
        more = (name,) if several or experiment.training != training else ()
        if training.loss:
            attempt(("training", "loss", *more), training.loss.check, of_output)
            activation = experiment.model.last_activation(of_output)
            attempt(("training", "loss", *more), training.loss.check_activation, activation)
        for position, metric in enumerate(training.metrics or []):
            attempt(("training", "metrics", *more, position), metric.check, of_output)
        attempt(("training", "class_weight", *more), check_class_weight, training.class_weight, of_output)


def _check_callbacks(attempt: _Attempts, experiment: Experiment, task: Task) -> None:
    """Check the callbacks, and that the scores they monitor are logged, as far as these are known."""
    known = all(output.kind != "unknown" for output in task.outputs.values())
    directions = experiment.directions(task, validation=experiment.data.validation is not None) if known else {}
    for position, callback in enumerate(experiment.callbacks):
        attempt(("callbacks", position), callback.check, task)
        if known:
            keys = ("callbacks", position, "monitor")
            attempt(keys, _check_monitor, callback.monitors(), directions, experiment.model)
    if known:
        held_out = experiment.data.validation is not None or experiment.search.folds
        directions = experiment.directions(task, validation=held_out)
        attempt(("search", "monitor"), _check_monitor, experiment.search.monitor, directions, experiment.model)


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


def _check_output_activation(family: Model, task: Task) -> None:
    """Raise ConfigError if an activation is given for classes in an order, whose last layer has its own."""
    given = dict(family).get("output_activation")
    if given and any(output.kind == "ordinal" for output in task.outputs.values()):
        raise ConfigError("an ordinal target has a last layer of its own: remove output_activation.")


def _check_jit_compile(jit_compile: bool | str, task: Task) -> None:
    """Raise ConfigError if XLA cannot compile the model."""
    if jit_compile is True and any(given.kind == "sparse" for given in task.inputs.values()):
        raise ConfigError("XLA cannot compile products with sparse rows: use auto or false.")
