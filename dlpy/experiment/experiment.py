"""The schema of experiment files that train a model, and `load`, which reads and checks a file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

from pydantic import Field

from dlpy.components.callback import AnyCallback
from dlpy.components.dataset import AnyDataset
from dlpy.components.estimator import EstimatorModel
from dlpy.components.model import AnyModel, GenerativeModel, PretrainedModel
from dlpy.components.objectives import DATA_LOSS, Loss, Metric
from dlpy.components.transform import Transform
from dlpy.core.errors import ConfigError
from dlpy.core.options import Block
from dlpy.data.class_filter import narrowed
from dlpy.data.splits import KFold
from dlpy.data.task import Task
from dlpy.engine.plan import Execution
from dlpy.experiment.classic import ESTIMATOR_OPTIONS
from dlpy.experiment.cross_checks import clashes, misfits
from dlpy.experiment.document import Document, DocumentError, read
from dlpy.experiment.messages import checked
from dlpy.experiment.plugins import load_plugins
from dlpy.experiment.range_mistakes import explained, require_values
from dlpy.experiment.search_options import Search
from dlpy.experiment.training_options import Training
from dlpy.experiment.yaml_reader import Mistake, to_yaml

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$")]


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
    search: Search = Search()
    """Trials of `dlpy search`, which tries the ranges in the other blocks."""
    report: bool = True
    """Whether training writes report.html; `dlpy report` writes it at any time."""
    published: dict[str, float] = {}
    """Published scores by name, shown beside those of the run in its report: of test rows {accuracy: 0.99}, of
    validation rows {val_accuracy: 0.88}.
    """
    plugins: list[str] = []
    """Python files with your own components, such as [my_model.py]; their code is executed."""

    def all_transforms(self) -> list[Transform]:
        """Return the transforms of the rows in order: those of the data, of the model family, and of the only loss."""
        loss = self.training.loss
        own = loss.transforms() if isinstance(loss, Loss) else []
        return [*self.data.all_transforms(), *self.model.transforms(), *own]

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

    def weighted_outputs(self, names: list[str]) -> list[str]:
        """Return those of several outputs that have class weights; none of an only output."""
        if len(names) < 2:
            return []
        return [name for name in names if self.training.of_output(name).class_weight is not None]

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
        if isinstance(self.model, EstimatorModel):
            return []
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
        elif isinstance(family, EstimatorModel):
            training, own = self.training.model_copy(update={"metrics": self.metrics(task)}), []
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
        """Return the experiment as YAML with all defaults filled in, without `search`: a trained run has no ranges."""
        values = self.model_dump(exclude={"search"})
        if isinstance(self.model, EstimatorModel):
            values["training"] = {name: values["training"][name] for name in sorted(ESTIMATOR_OPTIONS)}
        return to_yaml(values)


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
    """Return the checked experiment of a document that trains a model, with one value for each option.

    Raises:
        ConfigError: lists all mistakes, one per line; a range is one.
    """
    require_kind(document)
    require_values(document)
    load_plugins(document)
    return without_plugins(document)


def require_kind(document: Document) -> None:
    """Raise ConfigError if the document is not of an experiment that trains a model."""
    if "kind" in document.values:
        message = "this command needs an experiment that trains a model, without 'kind'."
        raise document.error([Mistake(("kind",), message)])


def without_plugins(document: Document) -> Experiment:
    """Return the checked experiment of a document whose plug-ins are loaded already.

    Raises:
        ConfigError: lists all mistakes, one per line.
    """
    try:
        return _checked(document)
    except DocumentError as error:
        raise document.error(explained(error.mistakes, document.values)) from None


def _checked(document: Document) -> Experiment:
    experiment = checked(Experiment, document)
    task = experiment.data.outline()
    try:
        task = task and narrowed(task, experiment.data.only)
    except ConfigError as error:
        raise document.error([Mistake(("data", "only"), str(error))]) from None
    raise_mistakes(experiment, document, task)
    return experiment


def raise_mistakes(experiment: Experiment, document: Document, task: Task | None) -> None:
    """Raise ConfigError if parts of the experiment do not fit each other or the dataset's task, if that is known."""
    mistakes = clashes(experiment)
    if task is not None and not mistakes:
        mistakes = misfits(experiment, task)
    if mistakes:
        raise document.error(mistakes)
