"""Generates text token by token inside one compiled graph.

What the network remembers is kept from one token to the next, so that each token is read once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dlpy.core.errors import ConfigError
from dlpy.sampling.text_steps import step_of

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

_TOKENS_A_CALL = 2_000  # Ctrl-C takes effect between calls
_COLDEST = 1e-30  # prevents 0 / 0; the noise is switched off then


@dataclass(frozen=True)
class Manner:
    """How the next token is sampled from the predicted probabilities.

    temperatures: one for each generated text; log probabilities are divided by it. 0 always takes the most likely
        token, 1 samples from the predicted distribution, more than 1 from a flatter one.
    top_k: sample from the k most likely tokens only; None: from all.
    seed: seed of the sampling.
    """

    temperatures: tuple[float, ...]
    top_k: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        for temperature in self.temperatures:
            if not 0 <= temperature < np.inf:
                raise ConfigError(f"temperature {temperature:g}: expected 0 (always the most likely token) or more.")
        if self.top_k is not None and self.top_k < 1:
            raise ConfigError(
                f"top-k {self.top_k}: expected the number of most likely tokens to sample from, 1 or more."
            )


class Continuation:
    """Continues texts by a language model, with its present weights; traced once.

    Args of an instance:
        model: network from windows of token numbers to the probabilities of the next token.
        writable: (tokens,) bool, which tokens may be generated.
    """

    def __init__(self, model: keras.Model, writable: np.ndarray) -> None:
        import tensorflow as tf

        self._step = step_of(model, len(writable))
        self._barred = tf.constant(np.where(writable, 0.0, -np.inf).astype(np.float32))
        self._go_on = tf.function(self._go_on_in_graph, autograph=False, reduce_retracing=True)

    def __call__(self, opening: np.ndarray, length: int, manner: Manner) -> np.ndarray:
        """Return the continuations of a text: (temperatures, length) int32.

        Args:
            opening: (tokens,) int32, at least one token, the text to continue.
            length: number of tokens to generate.
            manner: how they are sampled.
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
        """Return the tokens of a span of positions, (positions, texts), the last one, and the states after it."""
        import tensorflow as tf

        (first, last), (temperatures, kept, seed) = span, how
        read = tf.size(given) - 1  # number of tokens read; those after it are sampled

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


def draw(probabilities: tf.Tensor, barred: tf.Tensor, how: tuple[tf.Tensor, tf.Tensor], noise: tf.Tensor) -> tf.Tensor:
    """Return a sampled token for each text: (texts,) int32.

    Args:
        probabilities: (texts, tokens).
        barred: (tokens,), minus infinity for tokens that must not be generated, else 0.
        how: the temperatures, (texts,), and the number of most likely tokens to sample from.
        noise: (texts, tokens) samples of the Gumbel distribution: the token with the largest sum of log probability
            and noise is a sample from the probabilities.
    """
    import tensorflow as tf

    (temperatures, kept), logits = how, tf.math.log(probabilities) + barred
    best = tf.math.top_k(logits, kept).values
    heat = temperatures[:, None]
    cooled = (logits - best[:, :1]) / tf.maximum(heat, _COLDEST)
    likely = tf.where(logits >= best[:, -1:], cooled, tf.fill(tf.shape(logits), -np.inf))
    return tf.argmax(likely + noise * tf.cast(heat > 0, tf.float32), axis=-1, output_type=tf.int32)
