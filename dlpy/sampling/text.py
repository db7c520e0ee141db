"""Going on with a text: token after token inside one compiled graph.

The state of the network's cells is kept from each token to the next, so that no token is read twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dlpy.core.errors import ConfigError

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

_TOKENS_A_CALL = 2_000  # Ctrl-C is heard between calls
_COLDEST = 1e-30  # keeps 0 / 0 away; the noise is switched off then


@dataclass(frozen=True)
class Manner:
    """How the next token is drawn from the probabilities that the network gives.

    temperatures: one for each text that is written; logarithms of probabilities are divided by it. At 0 the likeliest
        token is taken, at 1 they are drawn as they are, above that more evenly.
    top_k: only so many of the likeliest tokens are drawn from; all where it is None.
    seed: of the draws.
    """

    temperatures: tuple[float, ...]
    top_k: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        for temperature in self.temperatures:
            if not 0 <= temperature < np.inf:
                raise ConfigError(f"temperature {temperature:g}: expected 0 (always the likeliest) or more.")
        if self.top_k is not None and self.top_k < 1:
            raise ConfigError(f"top-k {self.top_k}: expected how many of the likeliest tokens count, 1 or more.")


class Continuation:
    """Goes on with texts by a network of the family rnn, as its weights are at the time; traced once.

    Args of an instance:
        model: takes windows of numbers and gives probabilities of what comes next.
        writable: (tokens,) bool, which tokens may be written.
    """

    def __init__(self, model: keras.Model, writable: np.ndarray) -> None:
        import tensorflow as tf

        self._step = _Step(model, len(writable))
        self._barred = tf.constant(np.where(writable, 0.0, -np.inf).astype(np.float32))
        self._go_on = tf.function(self._go_on_in_graph, autograph=False, reduce_retracing=True)

    def __call__(self, opening: np.ndarray, length: int, manner: Manner) -> np.ndarray:
        """Return how the text goes on: (temperatures, length) int32.

        Args:
            opening: (tokens,) int32, at least one, what is read first.
            length: how many tokens are written.
            manner: how they are drawn.
        """
        import tensorflow as tf

        texts = len(manner.temperatures)
        token, states = tf.repeat(tf.constant(opening[:1], tf.int32), texts), self._step.start(texts)
        given = tf.constant(np.append(opening[1:], 0), tf.int32)  # never empty
        kept = min(manner.top_k or len(self._barred), len(self._barred))
        how = (tf.constant(manner.temperatures, tf.float32), tf.constant(kept), tf.constant(manner.seed, tf.int64))
        total, written = len(opening) - 1 + length, []
        for first in range(0, total, _TOKENS_A_CALL):
            last = tf.constant(min(first + _TOKENS_A_CALL, total))
            tokens, token, states = self._go_on(given, token, states, (tf.constant(first), last), how)
            written.append(tokens.numpy())
        return np.concatenate(written)[len(opening) - 1 :].T

    def _go_on_in_graph(self, given: tf.Tensor, token: tf.Tensor, states: Any, span: tuple, how: tuple) -> tuple:
        """Return the tokens at these places, (places, texts), the last one, and the states behind it."""
        import tensorflow as tf

        (first, last), (temperatures, kept, seed) = span, how
        read = tf.size(given) - 1  # so many are read, what follows is drawn

        def go_on(place: tf.Tensor, token: tf.Tensor, states: Any, tokens: tf.TensorArray) -> tuple:
            probabilities, states = self._step(token, states)
            noise = tf.random.stateless_uniform(
                tf.shape(probabilities), tf.stack([seed, tf.cast(place, tf.int64)]), 1e-20
            )
            drawn = draw(probabilities, self._barred, (temperatures, kept), -tf.math.log(-tf.math.log(noise)))
            token = tf.where(place < read, given[tf.minimum(place, read)], drawn)
            return place + 1, token, states, tokens.write(place - first, token)

        tokens = tf.TensorArray(tf.int32, size=last - first)
        found = tf.while_loop(lambda place, *_: place < last, go_on, [first, token, states, tokens])
        return found[3].stack(), found[1], found[2]


class _Step:
    """One token through the layers of an rnn, with the states of its cells."""

    def __init__(self, model: keras.Model, tokens: int) -> None:
        from keras import layers

        recurrent = [place for place, layer in enumerate(model.layers) if isinstance(layer, layers.RNN)]
        embeddings = [layer for layer in model.layers if isinstance(layer, layers.Embedding)]
        self._embedding = embeddings[0] if embeddings else None  # without one the vectors are one-hot
        self._tokens = tokens
        self._cells: Sequence[Any] = [model.layers[place].cell for place in recurrent]
        self._head: Sequence[Any] = model.layers[recurrent[-1] + 1 :]

    def start(self, texts: int) -> Any:
        """Return the states before the first token."""
        return [cell.get_initial_state(texts) for cell in self._cells]

    def __call__(self, token: tf.Tensor, states: Any) -> tuple[tf.Tensor, Any]:
        """Return the probabilities of what comes next, (texts, tokens), and the new states."""
        import tensorflow as tf

        x = tf.one_hot(token, self._tokens) if self._embedding is None else self._embedding(token)
        after = []
        for cell, state in zip(self._cells, states, strict=True):
            x, state = cell(x, state, training=False)
            after.append(state)
        for layer in self._head:
            x = layer(x)
        return x, after


def draw(probabilities: tf.Tensor, barred: tf.Tensor, how: tuple[tf.Tensor, tf.Tensor], noise: tf.Tensor) -> tf.Tensor:
    """Return a token for each text: (texts,) int32.

    Args:
        probabilities: (texts, tokens).
        barred: (tokens,), minus infinity for tokens that are not to be written, else 0.
        how: the temperatures, (texts,), and how many of the likeliest tokens count.
        noise: (texts, tokens) draws of Gumbel's distribution: the largest sum of a logarithm and such a draw is a draw
            by the probabilities.
    """
    import tensorflow as tf

    (temperatures, kept), logits = how, tf.math.log(probabilities) + barred
    best = tf.math.top_k(logits, kept).values
    heat = temperatures[:, None]
    cooled = (logits - best[:, :1]) / tf.maximum(heat, _COLDEST)
    likely = tf.where(logits >= best[:, -1:], cooled, tf.fill(tf.shape(logits), -np.inf))
    return tf.argmax(likely + noise * tf.cast(heat > 0, tf.float32), axis=-1, output_type=tf.int32)
