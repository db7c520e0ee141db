"""The experiment: what a file may say, checked as a whole before anything heavy is imported."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Field, model_validator

from dlpy.components.callback import AnyCallback
from dlpy.components.dataset import AnyDataset
from dlpy.components.model import AnyModel, GenerativeModel, PretrainedModel
from dlpy.components.objectives import DATA_LOSS, AnyLoss, AnyMetric, AnyOptimizer, Loss, Metric
from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError, RefusedError
from dlpy.core.options import Block
from dlpy.core.registry import load_plugin
from dlpy.data.class_filter import narrowed
from dlpy.data.splits import KFold
from dlpy.data.task import Task
from dlpy.engine.plan import Execution
from dlpy.experiment.cross_checks import clashes, misfits
from dlpy.experiment.document import Document, read
from dlpy.experiment.messages import checked
from dlpy.experiment.phases import Phase, first_epochs
from dlpy.experiment.yaml_reader import Mistake, to_yaml
from dlpy.optimizers import RMSprop

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
    """What is shown beside the loss: accuracy of classes, mae of numbers, bits and perplexity of texts unless given."""
    epochs: Count = 10
    """How often all training rows are gone through."""
    phases: Annotated[list[Phase], Field(min_length=1)] | None = None
    """Stretches of training instead of `epochs`: [{freeze: all, epochs: 9}, {unfreeze_from: conv4, epochs: 9}]."""
    batch_size: Count = 32
    """How many rows make one step."""
    steps_per_epoch: Count | None = None
    """How many steps make an epoch, of rows drawn anew each time; enough for all rows unless given."""
    class_weight: Annotated[Literal["balanced"] | dict[str, float] | None, BeforeValidator(_class_weight)] = None
    """How much each class counts in the training loss: balanced, or a weight for each class, by its name or its number.
    A name wins over a number; where a class is called like the number of another class, only names are taken."""
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

    def loss_name(self, task: Task) -> str:
        """Return what the loss is called; a family with a training step of its own has none of these."""
        return "" if isinstance(self.model, GenerativeModel) else self.loss(task).name

    def metrics(self, task: Task) -> list[Metric]:
        """Return the metrics: the file's, or those that fit the target."""
        if self.training.metrics is not None:
            return self.training.metrics
        return [Metric.registry.get(name)(name=name) for name in task.output.metrics]

    def approximated(self, task: Task) -> list[str]:
        """Return the names of the scores that are but approximated for training rows, which are only streamed past."""
        metrics = [] if isinstance(self.model, GenerativeModel) else self.metrics(task)
        return [metric.key for metric in metrics if metric.is_logged and metric.is_exact]

    def metric_names(self, task: Task) -> dict[str, str]:
        """Return the name of each metric by its key; of a family with scores of its own there are none."""
        return {} if isinstance(self.model, GenerativeModel) else {item.key: item.name for item in self.metrics(task)}

    def directions(self, task: Task, *, validation: bool) -> dict[str, str]:
        """Return which way is better, "min" or "max", for every score that training logs, or can log if asked to."""
        if isinstance(self.model, GenerativeModel):
            scores = dict(self.model.scores(task))
        else:
            scores = {"loss": "min", DATA_LOSS: "min"}
            scores |= {metric.key: metric.direction for metric in self.metrics(task) if metric.is_logged}
        held_out = {f"val_{name}": way for name, way in scores.items()} if validation else {}
        return scores | held_out

    def resolved(self, task: Task, options: dict[str, Any]) -> Experiment:
        """Return the experiment with every choice written out that the data decided."""
        family = self.model.pinned() if isinstance(self.model, PretrainedModel) else self.model
        if isinstance(family, GenerativeModel):
            training, own = self.training, family.callbacks()
        else:
            chosen = {"loss": self.loss(task), "metrics": self.metrics(task)}
            training, own = self.training.model_copy(update=chosen), []
        listed = {callback.name for callback in self.callbacks}
        added = [callback for callback in own if callback.name not in listed]
        changes = {"model": family, "training": training, "callbacks": [*self.callbacks, *added]}
        return self.model_copy(update={"data": self.data.model_copy(update=options), **changes})

    def executed(self, execution: Execution) -> Experiment:
        """Return the experiment with the way it was executed written out."""
        chosen = {"execution": execution.mode, "jit_compile": execution.jit_compile}
        return self.model_copy(update={"training": self.training.model_copy(update=chosen)})

    def to_yaml(self) -> str:
        """Return a file that says the same with every default filled in."""
        return to_yaml(self.model_dump())


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
    task = experiment.data.outline()
    try:
        task = task and narrowed(task, experiment.data.only)
    except ConfigError as error:
        raise document.error([Mistake(("data", "only"), str(error))]) from None
    raise_mistakes(experiment, document, task)
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
        except (ConfigError, RefusedError) as error:
            raise type(error)(str(document.error([Mistake(("plugins", position), str(error))]))) from error


def raise_mistakes(experiment: Experiment, document: Document, task: Task | None) -> None:
    """Raise ConfigError where parts of the experiment do not fit each other or the dataset's task, as far as known."""
    mistakes = clashes(experiment)
    if task is not None and not mistakes:
        mistakes = misfits(experiment, task)
    if mistakes:
        raise document.error(mistakes)
