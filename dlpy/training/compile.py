"""A model that is ready to train: built, checked against the task, compiled, and with its engine."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from dlpy.components.hooks import Hooks
from dlpy.components.model import GenerativeModel, Model, PretrainedModel
from dlpy.components.objectives import DATA_LOSS, Optimizer
from dlpy.core import keras_backend
from dlpy.core.errors import ConfigError, in_one_line
from dlpy.core.registry import plugin_failure
from dlpy.data.rows import Data
from dlpy.data.task import Task
from dlpy.data.validate import class_numbers
from dlpy.engine.custom_step import stepped_class
from dlpy.engine.engine import Engine, ExactScore
from dlpy.engine.penalties import data_loss, has_penalty
from dlpy.engine.plan import Execution, Stage, choose
from dlpy.experiment.class_weights import weights_of_rows
from dlpy.experiment.experiment import Experiment
from dlpy.models._sequences import on_differences
from dlpy.training.loss import training_loss

if TYPE_CHECKING:
    import keras


def fresh_model(experiment: Experiment, task: Task) -> keras.Model:
    """Return a new model that is ready to train, with the initial weights of its family."""
    model = compiled_model(experiment, task, experiment.seed)
    if isinstance(experiment.model, PretrainedModel):
        experiment.model.initialize(model)
    return model


def compiled_model(experiment: Experiment, task: Task, seed: int) -> keras.Model:
    """Return a new model of the experiment, its weights drawn from the seed, ready to train or to be scored."""
    model = new_model(experiment.model, task, seed)
    compile_model(model, experiment, task, experiment.training.optimizer)
    return model


def new_model(family: Model, task: Task, seed: int) -> keras.Model:
    """Return a new, uncompiled model of a family, its weights drawn from the seed."""
    keras_backend.start()
    import keras
    from keras.src.utils.naming import reset_uids

    keras.utils.set_random_seed(seed)
    reset_uids()  # layers are called the same in every run, whatever was built before
    return _fitting_model(family, task)


def compile_model(model: keras.Model, experiment: Experiment, task: Task, optimizer: Optimizer) -> None:
    """Give a model the experiment's loss and metrics, and a new optimizer."""
    if isinstance(experiment.model, GenerativeModel):
        model.compile(optimizer.build())
        return
    metrics = [metric.build(task) for metric in experiment.metrics(task) if metric.is_logged]
    loss = training_loss(experiment, task)
    weighted = [data_loss(loss)] if logs_data_loss(experiment, model) else None
    model.compile(optimizer=optimizer.build(), loss=loss, metrics=metrics, weighted_metrics=weighted)


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


def sample_weight(experiment: Experiment, data: Data) -> np.ndarray | None:
    """Return the weight of each training row by its class: (rows,) float32, or None where all weigh the same."""
    chosen = experiment.training.class_weight
    if chosen is None:
        return None
    return weights_of_rows(chosen, class_numbers(data.train, data.task.output), data.task.output)


def exact_scores(experiment: Experiment, task: Task) -> dict[str, ExactScore]:
    """Return the metrics that need all rows of a part at once, by their names in the logs."""
    if isinstance(experiment.model, GenerativeModel):
        return {}
    exact = [metric for metric in experiment.metrics(task) if metric.is_logged and metric.is_exact]
    return {metric.key: partial(metric.exact, task) for metric in exact}


def _fitting_model(family: Model, task: Task) -> keras.Model:
    """Return a new model of the family.

    Raises:
        ConfigError: it does not take the task's rows, or its output does not have the shape of the target; Keras would
            broadcast it silently.
    """
    import keras

    dtype = "int32" if task.input.kind == "sequence" else None
    inputs = keras.Input(task.input.shape, sparse=task.input.kind == "sparse", dtype=dtype, name="input")
    try:
        model = family.build(task)
        if not isinstance(model, keras.Model):
            raise ConfigError(f"model '{family.name}': its build() returned {type(model).__name__}, not a keras.Model.")
        given = on_differences(model, inputs, task.input) if task.output.from_last else model(inputs)
    except (ValueError, TypeError) as error:
        hint = f"model '{family.name}' cannot be built for {task.input}: {in_one_line(error)}"
        raise plugin_failure(error) or ConfigError(hint) from error
    if isinstance(family, GenerativeModel):
        if not isinstance(model, stepped_class()):
            raise ConfigError(f"model '{family.name}' has scores of its own: its build() must return stepped(...).")
        return model
    if getattr(given, "shape", None) != (None, *task.output.shape):
        shapes = [tuple(tensor.shape) for tensor in keras.tree.flatten(given)]
        wanted = f"the target needs (batch, {', '.join(map(str, task.output.shape))}): see task.output.shape"
        raise ConfigError(f"model '{family.name}' gives {', '.join(map(str, shapes))}; {wanted}.")
    wrapped = task.output.from_last or getattr(model, "inputs", None) is None  # without inputs it is subclassed
    return keras.Model(inputs, given) if wrapped else model


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
