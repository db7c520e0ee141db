"""The experiment: what a file may say, checked as a whole before anything heavy is imported."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import BeforeValidator, Field, model_validator

from dlpy.blocks import Block
from dlpy.class_weights import check_class_weight
from dlpy.components import AnyCallback, AnyDataset, AnyModel, Transform
from dlpy.data import Task
from dlpy.document import Document, read
from dlpy.errors import ConfigError, did_you_mean
from dlpy.execution import Execution
from dlpy.mistakes import checked
from dlpy.objectives import AnyLoss, AnyMetric, AnyOptimizer, Loss, Metric
from dlpy.optimizers import RMSprop
from dlpy.phases import Phase, clashes_of_phases, first_epochs, has_schedule
from dlpy.registry import load_plugin
from dlpy.splits import KFold
from dlpy.yaml_reader import Keys, Mistake

Count = Annotated[int, Field(gt=0)]
Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


def _class_weight(value: Any) -> Any:
    """Take class numbers as keys too, as YAML writes them."""
    return {str(key): weight for key, weight in value.items()} if isinstance(value, dict) else value


class Training(Block):
    """How the model learns."""

    optimizer: AnyOptimizer = RMSprop()
    """What changes the weights: a name, or {name: rmsprop, learning_rate: 1e-4}."""
    loss: AnyLoss | None = None
    """What is made small; decided by the target unless given."""
    metrics: list[AnyMetric] | None = None
    """What is shown beside the loss: accuracy for classes and mae for numbers unless given."""
    epochs: Count = 10
    """How often all training rows are gone through."""
    phases: Annotated[list[Phase], Field(min_length=1)] | None = None
    """Stretches of training instead of `epochs`: [{freeze: all, epochs: 9}, {unfreeze_from: conv4, epochs: 9}]."""
    batch_size: Count = 32
    """How many rows make one step."""
    steps_per_epoch: Count | None = None
    """How many steps make an epoch, of rows drawn anew each time; enough for all rows unless given."""
    class_weight: Annotated[Literal["balanced"] | dict[str, float] | None, BeforeValidator(_class_weight)] = None
    """How much each class counts in training: balanced, or a number for each class (by name or number)."""
    execution: Literal["auto", "epoch", "steps"] = "auto"
    """How an epoch is run: `epoch` inside one graph, `steps` batch by batch as Keras' fit; auto takes the faster."""
    jit_compile: Literal["auto"] | bool = "auto"
    """Whether XLA compiles the training steps; auto: where that saves more time than compiling takes."""

    @model_validator(mode="after")
    def _epochs_of_phases(self) -> Training:
        if self.phases is None:
            return self
        total = sum(phase.epochs for phase in self.phases)
        if "epochs" in self.model_fields_set and self.epochs != total:
            raise ValueError(f"each of the phases has its own 'epochs', {total} in all: remove training.epochs")
        object.__setattr__(self, "epochs", total)  # frozen, and this is part of making it
        return self

    def shortened(self, epochs: int) -> Training:
        """Return the same for so many epochs; of phases the first ones."""
        phases = self.phases and first_epochs(self.phases, epochs)
        total = sum(phase.epochs for phase in phases) if phases else epochs
        return self.model_copy(update={"epochs": total, "phases": phases})


class Experiment(Block):
    """One experiment file."""

    name: Name | None = None
    """What its runs are called; the file's name unless given."""
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    """Decides the first weights, the order of rows, dropout and whatever else is drawn at random."""
    data: AnyDataset
    """Which rows."""
    model: AnyModel
    """Which network."""
    training: Training = Training()
    """How it learns."""
    callbacks: list[AnyCallback] = []
    """What watches and steers training."""
    kfold: KFold = KFold()
    """How `dlpy kfold` divides the rows."""
    plugins: list[str] = []
    """Python files of your own with components; they are run."""

    def steps(self) -> list[Transform]:
        """Return every transform that the rows go through: the data's, then what the model family adds."""
        return [*self.data.steps(), *self.model.transforms()]

    def task(self, task: Task | None) -> Task | None:
        """Return the task after all transforms, from the task as the dataset gives it."""
        for transform in self.steps():
            task = None if task is None else transform.outline(task)
        return task

    def loss(self, task: Task) -> Loss:
        """Return the loss: the file's, or the one that fits the target."""
        return self.training.loss or Loss.registry.get(task.output.loss)(name=task.output.loss)

    def metrics(self, task: Task) -> list[Metric]:
        """Return the metrics: the file's, or the one that fits the target."""
        if self.training.metrics is not None:
            return self.training.metrics
        return [Metric.registry.get(task.output.metric)(name=task.output.metric)]

    def directions(self, task: Task, *, validation: bool) -> dict[str, str]:
        """Return which way is better, "min" or "max", for every score that training will log."""
        scores = {"loss": "min", **{metric.key: metric.direction for metric in self.metrics(task)}}
        held_out = {f"val_{name}": way for name, way in scores.items()} if validation else {}
        return scores | held_out

    def resolved(self, task: Task, options: dict[str, Any]) -> Experiment:
        """Return the experiment with every choice written out that the data decided."""
        training = self.training.model_copy(update={"loss": self.loss(task), "metrics": self.metrics(task)})
        return self.model_copy(update={"data": self.data.model_copy(update=options), "training": training})

    def executed(self, execution: Execution) -> Experiment:
        """Return the experiment with the way it was executed written out."""
        chosen = {"execution": execution.mode, "jit_compile": execution.jit_compile}
        return self.model_copy(update={"training": self.training.model_copy(update=chosen)})

    def to_yaml(self) -> str:
        """Return a file that says the same with every default filled in."""
        return yaml.safe_dump(self.model_dump(), sort_keys=False, allow_unicode=True, width=120)


def load(path: Path, overrides: list[str] | None = None) -> tuple[Experiment, Document]:
    """Return the checked experiment of a file and overrides, and where everything in it was written.

    Raises:
        ConfigError: names every mistake, a line each.
    """
    document = read(path, overrides)
    return experiment_of(document), document


def experiment_of(document: Document) -> Experiment:
    """Return the checked experiment of a file that trains a model."""
    if "kind" in document.values:
        message = "this command is for experiments that train a model, which have no 'kind'."
        raise document.error([Mistake(("kind",), message)])
    _load_plugins(document)
    experiment = checked(Experiment, document)
    raise_mistakes(experiment, document, experiment.data.outline())
    return experiment


def _load_plugins(document: Document) -> None:
    """Run the experiment's plug-in files; their copies lie side by side in the run directory, so names must differ."""
    listed = document.values.get("plugins")
    plugins = [Path(str(plugin)) for plugin in listed] if isinstance(listed, list) else []
    names = [plugin.name for plugin in plugins]
    for position, name in enumerate(names):
        if name in names[:position]:
            raise document.error([Mistake(("plugins", position), f"two plug-ins are called {name}: rename one.")])
    for position, plugin in enumerate(plugins):
        try:
            load_plugin(plugin)
        except ConfigError as error:
            raise document.error([Mistake(("plugins", position), str(error))]) from error


def raise_mistakes(experiment: Experiment, document: Document, task: Task | None) -> None:
    """Raise ConfigError where parts of the experiment do not fit each other or the dataset's task, as far as known."""
    mistakes = _clashes(experiment)
    if task is not None and not mistakes:
        mistakes = _misfits(experiment, task)
    if mistakes:
        raise document.error(mistakes)


def _clashes(experiment: Experiment) -> list[Mistake]:
    """Return what is wrong whatever the data is."""
    mistakes = []
    labels = [metric.key for metric in experiment.training.metrics or []]
    for label in {label for label in labels if labels.count(label) > 1}:
        mistakes.append(Mistake(("training", "metrics"), f"two metrics are called '{label}': give one a 'label'."))
    names = [callback.name for callback in experiment.callbacks]
    for position, callback in enumerate(experiment.callbacks):
        if callback.only_once and callback.name in names[:position]:
            mistakes.append(Mistake(("callbacks", position), f"{callback.name} is there twice."))
        if callback.sets_learning_rate and has_schedule(experiment.training):
            message = f"{callback.name} needs a learning rate that is a number, not a schedule."
            mistakes.append(Mistake(("callbacks", position), message))
    if experiment.data.validation and experiment.data.validation.column and not experiment.data.has_columns:
        mistakes.append(Mistake(("data", "validation", "column"), f"{experiment.data.name} has no columns."))
    if experiment.model.transforms() and experiment.data.augmentation:
        message = "features are computed once, but data.augmentation changes pictures each time: use 'train: frozen'."
        mistakes.append(Mistake(("model", "train"), message))
    return mistakes + clashes_of_phases(experiment.training, experiment.model, experiment.callbacks)


def _misfits(experiment: Experiment, task: Task) -> list[Mistake]:
    """Return what does not fit this task."""
    mistakes: list[Mistake] = []
    added = experiment.model.transforms()

    def attempt(keys: Keys, check: Any, *arguments: Any) -> Any:
        try:
            return check(*arguments)
        except ConfigError as error:
            mistakes.append(Mistake(keys, str(error)))

    listed = experiment.data.transforms
    for transform in experiment.steps():
        keys = ("data", "transforms", listed.index(transform)) if transform in listed else ("data",)
        keys = ("model", "name") if transform in added else keys
        task = attempt(keys, transform.outline, task)
        if task is None:
            return mistakes
    attempt(("model", "name"), experiment.model.check, task)
    if experiment.data.augmentation:
        attempt(("data", "augmentation"), experiment.data.augmentation.check, task)
    if experiment.training.loss:
        attempt(("training", "loss"), experiment.training.loss.check, task)
    for position, metric in enumerate(experiment.training.metrics or []):
        attempt(("training", "metrics", position), metric.check, task)
    directions = experiment.directions(task, validation=experiment.data.validation is not None)
    for position, callback in enumerate(experiment.callbacks):
        attempt(("callbacks", position, "monitor"), check_monitor, callback.monitors(), directions)
    attempt(("training", "class_weight"), check_class_weight, experiment.training.class_weight, task)
    attempt(("training", "jit_compile"), check_jit_compile, experiment.training.jit_compile, task)
    return mistakes


def check_monitor(monitor: str | None, directions: dict[str, str]) -> None:
    """Raise ConfigError where no score of that name will be logged."""
    if monitor is None or monitor in directions:
        return
    if monitor.startswith("val_") and "val_loss" not in directions:
        raise ConfigError(f"there is no '{monitor}' without validation rows: set data.validation.")
    hint = did_you_mean(monitor, directions)
    raise ConfigError(f"no score is called '{monitor}'.{hint} Add a metric to training.metrics to have it.")


def check_jit_compile(jit_compile: bool | str, task: Task) -> None:
    """Raise ConfigError where XLA has no way to do what is asked."""
    if jit_compile is True and task.input.kind == "sparse":
        raise ConfigError("XLA cannot compile products with sparse rows: leave it at auto.")
