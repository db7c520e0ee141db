"""The network of a run for others: model.keras with its preprocessing, and network.json, from which it is drawn."""

from __future__ import annotations

from dataclasses import asdict, replace
from typing import TYPE_CHECKING

import numpy as np

from dlpy.components.model import Model
from dlpy.data.features import Pictures
from dlpy.data.rows import Rows
from dlpy.data.task import Task
from dlpy.engine.custom_step import stepped_class
from dlpy.engine.members import with_plain_layers
from dlpy.experiment.experiment import Experiment
from dlpy.models._inlined import inlined
from dlpy.networks.summary import uses_of
from dlpy.runs.directory import Run
from dlpy.training.pipeline import Pipeline

if TYPE_CHECKING:
    import keras


def portable_model(
    model: keras.Model, experiment: Experiment, task: Task, pipeline: Pipeline, raw: Rows
) -> keras.Model:
    """Return the model, not compiled, with preprocessing in front where Keras can express it.

    A single sparse input becomes dense; of several, sparse ones stay sparse.
    """
    if isinstance(model, stepped_class()):
        takes_rows = model.portable.input_shape == model.input_shape
        return with_preprocessing(model.portable, pipeline, raw) if takes_rows else model.portable
    import keras

    # not compiled: some losses and metrics only dlpy could load
    model = inlined(with_plain_layers(keras.Model(model.input, model.output)))
    if not task.is_single:
        return with_preprocessing_of_each(model, pipeline, raw)
    if task.output.kind == "tokens":
        return model
    if task.input.kind != "sparse":
        return with_preprocessing(model, pipeline, raw)
    plain = experiment.model.build(task.with_input(replace(task.input, kind="array")))
    plain.set_weights(model.get_weights())
    return plain


def save_network(run: Run, model: keras.Model, family: Model) -> None:
    """Write the layers of a model to network.json if it is a graph: other families are chains of layers."""
    if family.takes_several:
        run.write("network.json", {"layers": [asdict(use) for use in uses_of(model, family.uses())]})


def with_preprocessing_of_each(model: keras.Model, pipeline: Pipeline, raw: Rows) -> keras.Model:
    """Return a model of several inputs or outputs that takes inputs as the dataset gives them, where Keras can."""
    import keras

    pairs = list(zip(pipeline.transforms, pipeline.states, strict=True))
    inputs, taken = {}, {}
    for tensor in model.inputs:
        own = [pair for pair in pairs if not pair[0].on_targets and getattr(pair[0], "of", tensor.name) == tensor.name]
        layers = [transform.layer(state) for transform, state in own]
        x = raw.inputs[tensor.name]
        possible = layers and isinstance(x, np.ndarray | Pictures) and all(layer is not None for layer in layers)
        shape = x.shape[1:] if possible and isinstance(x, np.ndarray | Pictures) else tensor.shape[1:]
        inputs[tensor.name] = keras.Input(shape, dtype=tensor.dtype, sparse=tensor.sparse, name=tensor.name)
        before = keras.Sequential([layer for layer in layers if layer is not None]) if possible else None
        taken[tensor.name] = before(inputs[tensor.name]) if before else inputs[tensor.name]
    if len(inputs) == 1:
        ((name, only),) = inputs.items()
        return keras.Model(only, model(taken[name]))
    return keras.Model(inputs, model(taken))


def with_preprocessing(model: keras.Model, pipeline: Pipeline, raw: Rows) -> keras.Model:
    """Return a model that takes rows as the dataset gives them, or `model` where a transform has no Keras layer."""
    import keras

    pairs = zip(pipeline.transforms, pipeline.states, strict=True)
    layers = [transform.layer(state) for transform, state in pairs if not transform.on_targets]
    if not layers or not isinstance(raw.x, np.ndarray | Pictures) or any(layer is None for layer in layers):
        return model
    inputs = keras.Input(raw.x.shape[1:], name="input")
    return keras.Model(inputs, model(keras.Sequential([layer for layer in layers if layer is not None])(inputs)))
