"""The network of a run for others: model.keras with its preprocessing, and network.json, from which it is drawn."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import numpy as np

from dlpy.components.model import Model
from dlpy.core.errors import ConfigError
from dlpy.data.features import Pictures
from dlpy.data.rows import Rows
from dlpy.data.task import Task
from dlpy.engine.custom_step import stepped_class
from dlpy.networks.summary import uses_of
from dlpy.portable.network import Parts, portable_network, prepared_network
from dlpy.portable.tables import Pairs
from dlpy.runs.decisions import read_bands
from dlpy.runs.directory import Run
from dlpy.training.pipeline import Pipeline

if TYPE_CHECKING:
    import keras


def portable_parts(run: Run, family: Model, network: tuple[keras.Model, Task], pipeline: Pipeline) -> Parts:
    """Return the parts of model.keras, with the widths of bands that were fitted on held-out rows.

    Args:
        network: with its task.
    """
    (model, task), record = network, read_bands(run)
    pairs = list(zip(pipeline.transforms, pipeline.states, strict=True))
    return Parts(family, model, task, pairs, tuple(record.factors) if record else ())


def portable_model(parts: Parts, raw: Rows) -> keras.Model:
    """Return the model, not compiled, with preprocessing in front and answers in the target's own unit.

    Where Keras cannot express a transform, the inputs are called `prepared_...` and take transformed rows. A single
    input and a single output are tensors, several are dicts.
    """
    model = parts.model
    if isinstance(model, stepped_class()):
        takes_rows = model.portable.input_shape == model.input_shape
        return with_preprocessing(model.portable, parts.pairs, raw) if takes_rows else model.portable
    import keras

    network = _network(parts, raw)
    given: Any = network.input
    answers: Any = network.output
    only = [next(iter(named.values())) if len(named) == 1 else named for named in (given, answers)]
    return keras.Model(*only)


def _network(parts: Parts, raw: Rows) -> keras.Model:
    try:
        found = portable_network(parts, raw, strings=True)
    except ConfigError:
        return prepared_network(parts)
    is_beside = any(spec.get("steps") for source in found.sources.values() for spec in source.specs)
    return prepared_network(parts) if is_beside else found.network


def save_network(run: Run, model: keras.Model, family: Model) -> None:
    """Write the layers of a model to network.json if it is a graph: other families are chains of layers."""
    if family.takes_several:
        run.write("network.json", {"layers": [asdict(use) for use in uses_of(model, family.uses())]})


def with_preprocessing(model: keras.Model, pairs: Pairs, raw: Rows) -> keras.Model:
    """Return a model that takes rows as the dataset gives them, or `model` where a transform has no Keras layer."""
    import keras

    layers = [transform.layer(state) for transform, state in pairs if not transform.on_targets]
    if not layers or not isinstance(raw.x, np.ndarray | Pictures) or any(layer is None for layer in layers):
        return model
    inputs = keras.Input(raw.x.shape[1:], name="input")
    return keras.Model(inputs, model(keras.Sequential([layer for layer in layers if layer is not None])(inputs)))
