"""How the decoder of a seq2seq model takes one step: the tokens before are not read again.

Layers are found by the names that `models/_recurrent_pairs.py` and `models/_transformer_pairs.py` give them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import numpy as np

from dlpy.data.task import DECODER, SOURCE, TARGET

if TYPE_CHECKING:
    import keras
    import tensorflow as tf


class Steps(Protocol):
    """Reads sources, and gives the probabilities of the next token of each, one step after another."""

    def read(self, source: tf.Tensor, length: int) -> tuple[Any, Any]:
        """Return what stays the same for a source, and the states before the first of at most `length` steps."""
        ...

    def step(self, fixed: Any, states: Any, token: tf.Tensor, position: tf.Tensor) -> tuple[tf.Tensor, Any]:
        """Return the probabilities of the next token, (rows, tokens), and the new states."""
        ...


def steps_of(model: keras.Model) -> RecurrentSteps | TransformerSteps:
    """Return the steps of a trained model."""
    is_transformer = any(layer.name == "decoder_positions" for layer in model.layers)
    return TransformerSteps(model) if is_transformer else RecurrentSteps(model)


class RecurrentSteps:
    """Steps of a recurrent decoder: its states are those of its cells."""

    def __init__(self, model: keras.Model) -> None:
        import keras

        self._layers: dict[str, Any] = {layer.name: layer for layer in model.layers}
        decoders = _numbered(self._layers, "decoder_")
        self._cells = [layer.cell for layer in decoders]
        self._has_attention = "attention" in self._layers
        given: Any = model.input
        first = [layer.input[1:] for layer in decoders]  # their initial states
        memory = self._layers["attention"].input[1:3] if self._has_attention else []
        self._encoder = keras.Model(given[SOURCE], {"memory": memory, "states": first})
        self._given = given

    def read(self, source: tf.Tensor, length: int) -> tuple[Any, Any]:
        """Return the encoder's states, their keys and the mask of the source, and the decoder's first states."""
        read: Any = self._encoder(source, training=False)
        return (*read["memory"], source != 0), read["states"]

    def step(self, fixed: Any, states: Any, token: tf.Tensor, position: tf.Tensor) -> tuple[tf.Tensor, Any]:
        """Return the probabilities of the next token, (rows, tokens), and the new states."""
        import tensorflow as tf

        x, after = self._layers["decoder_embedding"](token), []
        for cell, state in zip(self._cells, states, strict=True):
            x, state = cell(x, state, training=False)
            after.append(list(state))
        if self._has_attention:
            *memory, mask = fixed
            queries = self._layers["queries"](x) if "queries" in self._layers else x
            read = self._layers["attention"]([queries[:, None], *memory], mask=[None, mask, None])
            x = self._layers["attended"](tf.concat([x, read[:, 0]], axis=-1))
        return self._layers[TARGET](x), after

    def attention(self, source: np.ndarray, decoder: np.ndarray) -> np.ndarray | None:
        """Return how much of each source token is read before each next token: (rows, steps, tokens); None: nothing.

        Args:
            source: (rows, tokens) int32.
            decoder: (rows, steps) int32, the written tokens after a start mark.
        """
        import keras

        if not self._has_attention:
            return None
        layer = self._layers["attention"]
        inputs: Any = keras.Model(self._given, layer.input[:3])({SOURCE: source, DECODER: decoder}, training=False)
        return layer(inputs, mask=[None, source != 0, None], return_attention_scores=True)[1].numpy()


class TransformerSteps:
    """Steps of a transformer: its states are the keys and values of the tokens so far."""

    def __init__(self, model: keras.Model) -> None:
        import keras

        self._layers: dict[str, Any] = {layer.name: layer for layer in model.layers}
        self._blocks = _numbered(self._layers, "decoder_")
        self._given: Any = model.input
        self._encoder = keras.Model(self._given[SOURCE], self._layers["memory"].output)

    def read(self, source: tf.Tensor, length: int) -> tuple[Any, Any]:
        """Return the keys and values of the source for each block and its mask, and the empty caches."""
        import tensorflow as tf

        memory = self._encoder(source, training=False)
        remembered = [block.remembered(memory) for block in self._blocks]
        return (remembered, source != 0), [block.start(tf.shape(source)[0], length) for block in self._blocks]

    def step(self, fixed: Any, states: Any, token: tf.Tensor, position: tf.Tensor) -> tuple[tf.Tensor, Any]:
        """Return the probabilities of the next token, (rows, tokens), and the new caches."""
        remembered, mask = fixed
        x, _ = self._layers["decoder_positions"].step(self._layers["decoder_embedding"](token), (), position)
        after = []
        for block, cache, memory in zip(self._blocks, states, remembered, strict=True):
            x, cache = block.step(x, cache, position, memory, mask)
            after.append(cache)
        return self._layers[TARGET](self._layers["decoded"](x)), after

    def attention(self, source: np.ndarray, decoder: np.ndarray) -> np.ndarray | None:
        """Return how much of each source token the last block reads, over all heads: (rows, steps, tokens)."""
        import keras

        block = self._blocks[-1]
        inputs: Any = keras.Model(self._given, block.input[:2])({SOURCE: source, DECODER: decoder}, training=False)
        weights: Any = block.memory_attention_weights(*inputs, memory_mask=source != 0)
        return weights.numpy().mean(axis=1)


def _numbered(layers: dict[str, Any], name: str) -> list[Any]:
    """Return the layers whose names end in 0, 1, ..."""
    found = []
    while f"{name}{len(found)}" in layers:
        found.append(layers[f"{name}{len(found)}"])
    return found
