"""A model that is ready to train: built, checked against the task, compiled, and with its engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from dlpy.components.hooks import Hooks
from dlpy.components.model import GenerativeModel, PretrainedModel
from dlpy.components.objectives import DATA_LOSS, Metric, Optimizer
from dlpy.core.errors import ConfigError
from dlpy.data.quantiles import median_task, medians
from dlpy.data.rows import SAMPLE_WEIGHT, Data, Rows, known_rows
from dlpy.data.steps import counted, counted_predictions, counted_task, has_target
from dlpy.data.task import Output, Task
from dlpy.data.validate import class_numbers
from dlpy.engine.custom_step import stepped_class
from dlpy.engine.engine import Engine, ExactScore
from dlpy.engine.graphs import Predictions
from dlpy.engine.named_outputs import Objective, outputs_class, with_outputs
from dlpy.engine.penalties import data_loss, has_penalty
from dlpy.engine.plan import Execution, Stage, choose
from dlpy.engine.precision import with_loss_scale
from dlpy.engine.step_targets import Steps
from dlpy.experiment.class_weights import weights_of_rows
from dlpy.experiment.experiment import Experiment, prefix
from dlpy.metrics._keras_regression_metrics import of_medians
from dlpy.models._start import begin_at
from dlpy.training.answers import by_target
from dlpy.training.codes import losses_of_batches
from dlpy.training.loss import training_loss
from dlpy.training.network import new_model

if TYPE_CHECKING:
    import keras


def fresh_model(experiment: Experiment, task: Task) -> keras.Model:
    """Return a new model that is ready to train, with the initial weights of its family."""
    model = compiled_model(experiment, task, experiment.seed)
    if isinstance(experiment.model, PretrainedModel):
        experiment.model.initialize(model)
    if len(task.outputs) == 1 and task.output.start:
        begin_at(model, task.output.start)
    return model


def compiled_model(experiment: Experiment, task: Task, seed: int) -> keras.Model:
    """Return a new model of the experiment, its weights drawn from the seed, ready to train or to be scored."""
    model = new_model(experiment.model, task, seed, experiment.training.precision)
    has_own_loss = any(output.has_missing or output.is_per_step for output in task.outputs.values())
    if len(task.outputs) > 1 or has_own_loss:
        model = with_outputs(model, list(task.outputs), uncertain=experiment.training.loss_weights == "uncertainty")
    compile_model(model, experiment, task, experiment.training.optimizer)
    return model


def compile_model(model: keras.Model, experiment: Experiment, task: Task, optimizer: Optimizer) -> None:
    """Give a model the experiment's loss and metrics, and a new optimizer."""
    made = with_loss_scale(optimizer.build(), experiment.training.precision)
    if isinstance(experiment.model, GenerativeModel):
        model.compile(made)
        return
    if isinstance(model, outputs_class()):
        model.set_objectives(_objectives(experiment, task), logs_data_loss=logs_data_loss(experiment, model))
        model.compile(optimizer=made)
        return
    logged, of_point = [metric for metric in experiment.metrics(task) if metric.is_logged], median_task(task)
    metrics = [of_medians(metric.build(of_point), task.output) for metric in logged]
    loss = training_loss(experiment, task)
    weighted = [data_loss(loss)] if logs_data_loss(experiment, model) else None
    model.compile(optimizer=made, loss=loss, metrics=metrics, weighted_metrics=weighted)


def _objectives(experiment: Experiment, task: Task) -> dict[str, Objective]:
    """Return what each output is trained and scored by."""
    found = {}
    for name, (own, of_output) in experiment.by_output(task).items():
        named = [
            metric.model_copy(update={"label": prefix(task, name) + metric.key}) for metric in own.metrics(of_output)
        ]
        found[name] = Objective(
            loss=training_loss(own, of_output),
            metrics=[metric.build(of_output) for metric in named if metric.is_logged],
            weight=experiment.training.loss_weight(name),
            is_masked=of_output.output.has_missing,
            is_error=of_output.output.kind == "regression",
            steps=_steps_of(of_output),
        )
    return found


def _steps_of(task: Task) -> Steps | None:
    """Return the steps of the only output; None where it predicts for whole rows."""
    if not task.output.is_per_step:
        return None
    front = [given.padding == "front" for given in task.inputs.values() if given.padding]
    return Steps(task.output.steps or 0, front=all(front) and bool(front))


def logs_data_loss(experiment: Experiment, model: keras.Model) -> bool:
    """Return whether the loss without penalties is logged: where there are any, or where a callback watches it."""
    watched = [(callback.monitors() or "").removeprefix("val_") for callback in experiment.callbacks]
    return DATA_LOSS in watched or has_penalty(model)


def engine_for(
    model: keras.Model,
    experiment: Experiment,
    task: Task,
    execution: Execution | None = None,
    tell: Callable[[str], None] = lambda line: None,
) -> Engine:
    """Return the engine that trains, scores and predicts with a compiled model of the experiment."""
    exact, masks_padding = exact_scores(experiment, task), experiment.model.masks_padding
    return Engine(model, execution, exact, masks_padding=masks_padding, tell=tell)


def choose_execution(
    experiment: Experiment, model: keras.Model, rows: int, callbacks: Sequence[Hooks], trainings: int = 1
) -> Execution:
    """Return how a model's epochs over this many rows are executed, in one or several trainings."""
    training = experiment.training
    size = min(training.batch_size, rows)
    steps = training.steps_per_epoch or -(-rows // size)
    job = (steps * training.epochs * trainings, size)
    return choose(training.execution, training.jit_compile, model, job, callbacks)


def sample_weight(experiment: Experiment, data: Data) -> np.ndarray | dict[str, np.ndarray] | None:
    """Return the weight of each training row, by its class and its column of weights: (rows,) float32.

    With several outputs, the weights by output; None where all rows weigh the same.
    """
    found = {}
    for name, (own, of_output) in experiment.by_output(data.task).items():
        chosen, output = own.class_weight(of_output), of_output.output
        weights = data.train.columns.get(SAMPLE_WEIGHT)
        if chosen is not None:
            by_class = _weights_by_class(chosen, data.train.of_target(name), output)
            weights = by_class if weights is None else (by_class.T * weights).T
        found[name] = weights
    if all(weights is None for weights in found.values()):
        return None
    ones = np.ones(len(data.train), np.float32)
    each = {name: ones if weights is None else weights.astype(np.float32) for name, weights in found.items()}
    return each if len(each) > 1 else next(iter(each.values()))


def _weights_by_class(chosen: str | dict[str, float], rows: Rows, output: Output) -> np.ndarray:
    """Return the weight of each row by its class: (rows,) float32, of steps (rows, steps); those without one: any."""
    if output.is_per_step:
        weights = np.ones(rows.y.shape, np.float32)
        weights[has_target(rows.y)] = weights_of_rows(chosen, rows.y[has_target(rows.y)], output)
        return weights
    weights = np.ones(len(rows), np.float32)
    known = known_rows(rows.y) if output.has_missing else np.arange(len(rows))
    weights[known] = weights_of_rows(chosen, class_numbers(rows.take(known), output), output)
    return weights


def exact_scores(experiment: Experiment, task: Task) -> dict[str, ExactScore]:
    """Return the metrics that need all rows of a part at once, by their names in the logs."""
    if isinstance(experiment.model, GenerativeModel):
        return {}
    return losses_of_batches(experiment, task) | {
        prefix(task, name) + metric.key: partial(_exact, metric, name, of_output)
        for name, (own, of_output) in experiment.by_output(task).items()
        for metric in own.metrics(of_output)
        if metric.is_logged and metric.is_exact
    }


def _exact(metric: Metric, output: str, task: Task, rows: Rows, predictions: Predictions) -> float:
    """Return the score of an output from the predictions for all rows; rows without its target do not count."""
    prediction = by_target(task, predictions)[output]
    own = counted(rows, output, task.output)
    prediction = medians(counted_predictions(rows, output, task.output, prediction), task.output)
    return metric.exact(median_task(counted_task(task)), own, prediction)


def stages_of(experiment: Experiment, model: keras.Model, task: Task) -> tuple[Stage, ...]:
    """Return the experiment's phases as stages of the engine; none where it has none.

    Raises:
        ConfigError: a phase names a layer that does not exist.
    """
    phases = experiment.training.phases or []
    base = experiment.model.base_layers(model)
    stages = []
    for position, phase in enumerate(phases):
        try:
            frozen = list(phase.frozen(base))
        except ConfigError as error:
            raise ConfigError(f"training.phases.{position}.{error}") from None
        description = f"phase {position + 1} of {len(phases)}: {phase}, at most {phase.epochs} epochs"
        compiled = partial(compile_model, experiment=experiment, task=task)
        optimizer = phase.chosen_optimizer(experiment.training.optimizer)
        stages.append(
            Stage(phase.epochs, partial(_enter, base, frozen, partial(compiled, optimizer=optimizer), description))
        )
    return tuple(stages)


def _enter(
    base: list[keras.layers.Layer],
    frozen: list[keras.layers.Layer],
    compiled: Callable[[keras.Model], None],
    description: str,
    model: keras.Model,
) -> str:
    """Freeze these layers, make the others of the base trainable, compile the model and return a line for the user."""
    kept = {id(layer) for layer in frozen}
    for layer in base:
        layer.trainable = id(layer) not in kept
    compiled(model)
    return f"{description}; {weights_line(model)}"


def is_partly_frozen(model: keras.Model) -> bool:
    """Return whether layers with weights are frozen."""
    return any(layer.weights and not layer.trainable for layer in model.layers)


def penalty_line(model: keras.Model) -> str | None:
    """Return a line for the user where a penalty is added to the loss."""
    if isinstance(model, stepped_class()) or not has_penalty(model):
        return None
    return f"loss includes the penalty of regularization; {DATA_LOSS} and the baseline are without it"


def weights_line(model: keras.Model) -> str:
    """Return how many of a model's weights learn."""
    learning = sum(int(np.prod(variable.shape)) for variable in model.trainable_variables)
    return f"{learning:,} of {model.count_params():,} weights learn"
