"""The schema of experiment files that train a model, and `load`, which reads and checks a file."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import BeforeValidator, Discriminator, Field, Tag, model_validator

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
    """Return the weights with class numbers as text, because YAML keys may be integers."""
    if not isinstance(value, dict):
        return value
    return {str(key): _class_weight(weight) for key, weight in value.items()}


def _is_by_output(value: Any) -> bool:
    return isinstance(value, dict) and "name" not in value


def _is_mapping(value: Any) -> bool:
    return isinstance(value, dict)


def _has_weights_by_output(value: Any) -> bool:
    return isinstance(value, dict) and any(
        weight is None or isinstance(weight, dict) or (isinstance(weight, str) and weight[:1].isalpha())
        for weight in value.values()
    )  # a text such as '.inf' is a number that is refused


def _choice(is_each: Callable[[Any], bool]) -> Discriminator:
    """Return what tells an option that is given once from one that is given for each output."""
    return Discriminator(lambda value: "each" if is_each(value) else "once")


_Metrics = list[AnyMetric]
_ClassWeight = Literal["balanced"] | dict[str, float] | None
_NOT_ONE = Field(json_schema_extra={"propertyNames": {"not": {"const": "name"}}})  # {name: mae} is a loss itself
LossByOutput = Annotated[
    Annotated[AnyLoss, Tag("once")] | Annotated[dict[str, AnyLoss], _NOT_ONE, Tag("each")], _choice(_is_by_output)
]
MetricsByOutput = Annotated[
    Annotated[_Metrics, Tag("once")] | Annotated[dict[str, _Metrics], Tag("each")], _choice(_is_mapping)
]
ClassWeightByOutput = Annotated[
    Annotated[_ClassWeight, Tag("once")] | Annotated[dict[str, _ClassWeight], Tag("each")],
    _choice(_has_weights_by_output),
    BeforeValidator(_class_weight),
]


class Training(Block):
    """Options of training."""

    optimizer: AnyOptimizer = RMSprop()
    """Optimizer: a name, or a mapping such as {name: rmsprop, learning_rate: 1e-4}."""
    loss: LossByOutput | None = None
    """Loss to minimize, or that of each output, such as {price: mae}; default: chosen by the target, such as mse for
    numbers."""
    metrics: MetricsByOutput | None = None
    """Metrics to report, or those of each output, such as {price: [mae, r2]}; default: accuracy for classes, mae for
    numbers, bits and perplexity for texts."""
    loss_weights: Literal["uncertainty"] | dict[str, Annotated[float, Field(ge=0)]] | None = None
    """Weight of each output's loss in the sum that is minimized, such as {price: 0.25, sold: 10}; 1 unless given.
    uncertainty: learnt along with the model (Kendall et al. 2018)."""
    epochs: Count = 10
    """Number of passes over the training rows."""
    phases: Annotated[list[Phase], Field(min_length=1)] | None = None
    """Training phases instead of `epochs`, such as [{freeze: all, epochs: 9}, {unfreeze_from: conv4, epochs: 9}]."""
    batch_size: Count = 32
    """Number of rows per step."""
    steps_per_epoch: Count | None = None
    """Number of steps per epoch, each on newly drawn rows; default: enough for one pass over all rows."""
    class_weight: ClassWeightByOutput | None = None
    """Class weights of the training loss: balanced, or a mapping such as {cat: 1, dog: 2.5} from class name or number
    to weight. Names take precedence; if the name of a class is the number of another class, only names are valid. With
    several outputs, a mapping such as {sold: balanced} gives those of each."""
    execution: Literal["auto", "epoch", "steps"] = "auto"
    """How epochs are executed: `epoch` in one graph, `steps` batch by batch like Keras' fit, `auto` whichever is
    faster."""
    jit_compile: Literal["auto"] | bool = "auto"
    """Whether to compile training steps with XLA; auto: if it saves more time than compilation takes."""

    @model_validator(mode="after")
    def _epochs_of_phases(self) -> Training:
        if self.phases is None:
            return self
        total = sum(phase.epochs for phase in self.phases)
        if "epochs" in self.model_fields_set and self.epochs != total:
            raise ValueError(f"the phases have their own 'epochs' ({total} in total): remove training.epochs")
        object.__setattr__(self, "epochs", total)  # frozen, but still under construction
        return self

    def of_output(self, name: str) -> Training:
        """Return the options as they are for one output."""
        given = {option: getattr(self, option) for option in ("loss", "metrics", "class_weight")}
        each = {"loss": _is_by_output, "metrics": _is_by_output, "class_weight": _has_weights_by_output}
        update = {option: value.get(name) for option, value in given.items() if each[option](value)}
        return self.model_copy(update=update)

    def shortened(self, epochs: int) -> Training:
        """Return the options with training cut to `epochs`; later phases are dropped."""
        phases = self.phases and first_epochs(self.phases, epochs)
        total = sum(phase.epochs for phase in phases) if phases else epochs
        return self.model_copy(update={"epochs": total, "phases": phases})


class Experiment(Block):
    """An experiment file that trains a model."""

    name: Name | None = None
    """Name of its runs; default: the name of the file."""
    seed: Annotated[int, Field(ge=0, lt=2**32)] = 0
    """Random seed of the initial weights, the order of rows, dropout and everything else that is random."""
    data: AnyDataset
    """Dataset, with its splits and transforms."""
    model: AnyModel
    """Model family and its options."""
    training: Training = Training()
    """Optimizer, loss, metrics, epochs and batch size."""
    callbacks: list[AnyCallback] = []
    """Callbacks, such as early_stopping."""
    kfold: KFold = KFold()
    """Folds of `dlpy kfold`."""
    plugins: list[str] = []
    """Python files with your own components, such as [my_model.py]; their code is executed."""

    def all_transforms(self) -> list[Transform]:
        """Return the transforms of the rows in order: those of the data, then those of the model family."""
        return [*self.data.all_transforms(), *self.model.transforms()]

    def task(self, task: Task | None) -> Task | None:
        """Return the task after all transforms, from the task as the dataset gives it."""
        for transform in self.all_transforms():
            task = None if task is None else transform.outline(task)
        return task

    def of_output(self, name: str) -> Experiment:
        """Return the experiment as it is for one of several outputs: with its loss, metrics and class weights."""
        return self.model_copy(update={"training": self.training.of_output(name)})

    def by_output(self, task: Task) -> dict[str, tuple[Experiment, Task]]:
        """Return for each output the experiment and the task as they are for it alone."""
        return {name: (self.of_output(name), task.of_output(name)) for name in task.outputs}

    def loss(self, task: Task) -> Loss:
        """Return the loss of the only output: the one in the file, or the default of the target."""
        (name,) = task.outputs
        chosen: Any = self.training.of_output(name).loss
        return chosen or Loss.registry.get(task.output.loss)(name=task.output.loss)

    def class_weight(self, task: Task) -> str | dict[str, float] | None:
        """Return the class weights of the only output, by class; None unless given."""
        (name,) = task.outputs
        chosen: Any = self.training.of_output(name).class_weight
        return chosen

    def loss_name(self, task: Task) -> str:
        """Return the name of the only output's loss, empty for a family with its own training step."""
        return "" if isinstance(self.model, GenerativeModel) else self.loss(task).name

    def metrics(self, task: Task) -> list[Metric]:
        """Return the metrics of the only output: those in the file, or the defaults of the target."""
        (name,) = task.outputs
        given: Any = self.training.of_output(name).metrics
        if given is not None:
            return given
        return [Metric.registry.get(name)(name=name) for name in task.output.metrics]

    def metrics_by_key(self, task: Task) -> dict[str, Metric]:
        """Return the metrics of all outputs by the names of their scores; none for a family with its own scores."""
        if isinstance(self.model, GenerativeModel):
            return {}
        views = self.by_output(task).items()
        return {
            prefix(task, name) + metric.key: metric
            for name, (own, of_output) in views
            for metric in own.metrics(of_output)
        }

    def approximated(self, task: Task) -> list[str]:
        """Return the names of the scores that are approximate on training rows, as they are computed by batch."""
        return [key for key, item in self.metrics_by_key(task).items() if item.is_logged and item.is_exact]

    def metric_names(self, task: Task) -> dict[str, str]:
        """Return the name of each metric by its key; none for a family with its own scores."""
        return {key: metric.name for key, metric in self.metrics_by_key(task).items()}

    def directions(self, task: Task, *, validation: bool) -> dict[str, str]:
        """Return "min" or "max", whichever is better, for every score that training logs or can log."""
        if isinstance(self.model, GenerativeModel):
            scores: dict[str, str] = dict(self.model.scores(task))
        else:
            losses = [f"{name}_loss" for name in task.outputs if len(task.outputs) > 1]
            scores = dict.fromkeys(["loss", DATA_LOSS, *losses], "min")
            scores |= {key: item.direction for key, item in self.metrics_by_key(task).items() if item.is_logged}
        held_out = {f"val_{name}": way for name, way in scores.items()} if validation else {}
        return scores | held_out

    def resolved(self, task: Task, options: dict[str, Any]) -> Experiment:
        """Return the experiment with the defaults that depend on the data filled in."""
        family = self.model.pinned() if isinstance(self.model, PretrainedModel) else self.model
        if isinstance(family, GenerativeModel):
            training, own = self.training, family.callbacks()
        else:
            training, own = self.training.model_copy(update=self._objectives(task)), []
        listed = {callback.name for callback in self.callbacks}
        added = [callback for callback in own if callback.name not in listed]
        changes = {"model": family, "training": training, "callbacks": [*self.callbacks, *added]}
        return self.model_copy(update={"data": self.data.model_copy(update=options), **changes})

    def _objectives(self, task: Task) -> dict[str, Any]:
        """Return the options `loss` and `metrics` with their defaults filled in."""
        if len(task.outputs) == 1:
            return {"loss": self.loss(task), "metrics": self.metrics(task)}
        views = self.by_output(task)
        losses = {name: own.loss(of_output) for name, (own, of_output) in views.items()}
        return {"loss": losses, "metrics": {name: own.metrics(of_output) for name, (own, of_output) in views.items()}}

    def executed(self, execution: Execution) -> Experiment:
        """Return the experiment with `execution` and `jit_compile` as they were executed."""
        chosen = {"execution": execution.mode, "jit_compile": execution.jit_compile}
        return self.model_copy(update={"training": self.training.model_copy(update=chosen)})

    def to_yaml(self) -> str:
        """Return the experiment as YAML with all defaults filled in."""
        return to_yaml(self.model_dump())


def prefix(task: Task, output: str) -> str:
    """Return what precedes the names of an output's scores: nothing if it is the only one."""
    return f"{output}_" if len(task.outputs) > 1 else ""


def load(path: Path, overrides: list[str] | None = None) -> tuple[Experiment, Document]:
    """Return the checked experiment of a file with overrides, and its document.

    Raises:
        ConfigError: lists all mistakes, one per line.
    """
    document = read(path, overrides)
    return experiment_of(document), document


def experiment_of(document: Document) -> Experiment:
    """Return the checked experiment of a document that trains a model."""
    if "kind" in document.values:
        message = "this command needs an experiment that trains a model, without 'kind'."
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
    """Execute the experiment's plug-in files; file names must differ because copies share the run directory."""
    listed = document.values.get("plugins")
    plugins = [Path(str(plugin)) for plugin in listed] if isinstance(listed, list) else []
    names = [plugin.name for plugin in plugins]
    for position, name in enumerate(names):
        if name in names[:position]:
            raise document.error([Mistake(("plugins", position), f"two plug-ins are named {name}: rename one.")])
    for position, plugin in enumerate(plugins):
        try:
            load_plugin(plugin)
        except (ConfigError, RefusedError) as error:
            raise type(error)(str(document.error([Mistake(("plugins", position), str(error))]))) from error


def raise_mistakes(experiment: Experiment, document: Document, task: Task | None) -> None:
    """Raise ConfigError if parts of the experiment do not fit each other or the dataset's task, if that is known."""
    mistakes = clashes(experiment)
    if task is not None and not mistakes:
        mistakes = misfits(experiment, task)
    if mistakes:
        raise document.error(mistakes)
