"""The model file that users take away: the network with its preprocessing in front, where Keras can express it."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from dlpy.data.features import Pictures
from dlpy.data.rows import Rows
from dlpy.training.pipeline import Pipeline

if TYPE_CHECKING:
    import keras


def with_preprocessing(model: keras.Model, pipeline: Pipeline, raw: Rows) -> keras.Model:
    """Return a model that takes rows as the dataset gives them, or `model` where a transform has no Keras layer."""
    import keras

    pairs = zip(pipeline.steps, pipeline.states, strict=True)
    layers = [step.layer(state) for step, state in pairs if not step.on_targets]
    if not layers or not isinstance(raw.x, np.ndarray | Pictures) or any(layer is None for layer in layers):
        return model
    inputs = keras.Input(raw.x.shape[1:], name="input")
    return keras.Model(inputs, model(keras.Sequential([layer for layer in layers if layer is not None])(inputs)))
