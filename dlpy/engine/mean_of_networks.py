"""A network that predicts the mean of other networks of the same inputs and output."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import keras

_NAME = "network_"  # and a number


@dataclass(frozen=True)
class _Share:
    """The part of a penalty of a network's weights that counts for the mean of several networks."""

    penalty: Callable[[Any], Any]
    networks: int

    def __call__(self, weights: Any) -> Any:
        return self.penalty(weights) / self.networks


def mean_of(networks: Sequence[keras.Model]) -> keras.Model:
    """Return the mean of networks with one input and one output; it shares their weights.

    Its penalty of weights is the mean of theirs.
    """
    import keras
    from keras import layers

    (given,) = networks[0].inputs
    inputs = keras.Input(given.shape[1:], dtype=given.dtype, sparse=given.sparse, name=given.name)
    for number, network in enumerate(networks, 1):
        network.name = f"{_NAME}{number}"  # layers of a model have different names
        _share_penalties(network, len(networks))
    answers = [network(inputs) for network in networks]
    return keras.Model(inputs, layers.Average(dtype="float32", name="mean_of_networks")(answers))


def _share_penalties(network: keras.Model, count: int) -> None:
    for weights in network.trainable_variables:
        if weights.regularizer is not None and not isinstance(weights.regularizer, _Share):
            weights.regularizer = _Share(weights.regularizer, count)


def networks_of(model: keras.Model) -> list[keras.Model]:
    """Return the networks whose mean a model predicts; none if it is no such mean."""
    import keras

    return [layer for layer in model.layers if isinstance(layer, keras.Model) and layer.name.startswith(_NAME)]
