"""A network that predicts the mean of other networks of the same inputs and output."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import keras

_NAME = "network_"  # and a number


def mean_of(networks: Sequence[keras.Model]) -> keras.Model:
    """Return the mean of networks with one input and one output; it shares their weights."""
    import keras
    from keras import layers

    (given,) = networks[0].inputs
    inputs = keras.Input(given.shape[1:], dtype=given.dtype, sparse=given.sparse, name=given.name)
    for number, network in enumerate(networks, 1):
        network.name = f"{_NAME}{number}"  # layers of a model have different names
    answers = [network(inputs) for network in networks]
    return keras.Model(inputs, layers.Average(dtype="float32", name="mean_of_networks")(answers))


def networks_of(model: keras.Model) -> list[keras.Model]:
    """Return the networks whose mean a model predicts; none if it is no such mean."""
    import keras

    return [layer for layer in model.layers if isinstance(layer, keras.Model) and layer.name.startswith(_NAME)]
