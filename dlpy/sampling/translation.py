"""Writes the targets of sources token by token inside one compiled graph: the likeliest, a sample, or by beam search.

The states of the decoder are kept from step to step, and writing stops when every text has its end mark.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from dlpy.core.errors import ConfigError
from dlpy.data.text.marked import END, PADDING, START
from dlpy.sampling.text import draw
from dlpy.sampling.translation_steps import Steps

if TYPE_CHECKING:
    import tensorflow as tf

_TEXTS = 256  # written at a time


@dataclass(frozen=True)
class Search:
    """How the tokens of a text are chosen.

    beam: the number of unfinished texts that are kept at each step; 1 always takes the likeliest token. The text with
        the largest mean log probability per token wins, its end mark included; the one of beam 1 takes part.
    temperature: log probabilities are divided by it before a token is drawn; 0: nothing is drawn.
    seed: of what is drawn.
    """

    beam: int = 1
    temperature: float = 0.0
    seed: int = 0

    def __post_init__(self) -> None:
        if not 1 <= self.beam <= 100:
            raise ConfigError(f"--beam {self.beam}: expected a number from 1 to 100.")
        if not 0 <= self.temperature < np.inf:
            raise ConfigError(f"--temperature {self.temperature:g}: expected 0 (the likeliest token) or more.")
        if self.beam > 1 and self.temperature > 0:
            raise ConfigError("--beam keeps the likeliest texts, --temperature draws at random: give one of them.")


@dataclass(frozen=True)
class Written:
    """Texts that were written.

    tokens: (texts, steps) int32, with an end mark, then padding. likelihood: (texts,) float32, the mean log probability
    of a token.
    """

    tokens: np.ndarray
    likelihood: np.ndarray


class Translator:
    """Writes the targets of sources; traced once for each width of the beam.

    Args of an instance:
        steps: of the decoder.
        writable: (tokens,) bool, which tokens may be written.
        length: the largest number of tokens of a text, its end mark included.
    """

    def __init__(self, steps: Steps, writable: np.ndarray, length: int) -> None:
        import tensorflow as tf

        self._steps, self._length = steps, length
        self._barred = tf.constant(np.where(writable, 0.0, -np.inf).astype(np.float32))
        self._after_end = np.where(np.arange(len(writable)) == PADDING, 0.0, -np.inf).astype(np.float32)
        given = tf.TensorSpec([None, None], tf.int32)
        numbers = [tf.TensorSpec([], tf.float32), tf.TensorSpec([], tf.int64)]
        self._drawn = tf.function(self._drawn_in_graph, [given, *numbers], autograph=False)
        self._searches: dict[int, Any] = {}

    def __call__(self, sources: np.ndarray, search: Search) -> Written:
        """Return what is written for sources, (rows, tokens) int32."""
        size = max(1, _TEXTS // search.beam)
        parts = [self._part(sources[start : start + size], search, start) for start in range(0, len(sources), size)]
        tokens, likelihood = zip(*parts, strict=True)
        return Written(np.concatenate(tokens), np.concatenate(likelihood))

    def _part(self, sources: np.ndarray, search: Search, start: int) -> tuple[np.ndarray, np.ndarray]:
        import tensorflow as tf

        given = tf.constant(sources, tf.int32)
        how = (tf.constant(search.temperature), tf.constant(search.seed + start, tf.int64))
        tokens, likelihood = (array.numpy() for array in self._drawn(given, *how))
        if search.beam == 1:
            return tokens, likelihood
        others, likelier = (array.numpy() for array in self._searched(search.beam)(given))
        better = likelier > likelihood
        return np.where(better[:, None], others, tokens), np.where(better, likelier, likelihood)

    def _searched(self, beam: int) -> Any:
        """Return the graph of a beam search; the same one for the same width."""
        import tensorflow as tf

        if beam not in self._searches:
            signature = [tf.TensorSpec([None, None], tf.int32)]
            self._searches[beam] = tf.function(partial(self._searched_in_graph, beam), signature, autograph=False)
        return self._searches[beam]

    def _drawn_in_graph(self, source: tf.Tensor, temperature: tf.Tensor, seed: tf.Tensor) -> tuple:
        """Return the tokens that are the likeliest or drawn, and the mean log probability of each text."""
        import tensorflow as tf

        rows, kept = tf.shape(source)[0], tf.size(self._barred)
        fixed, states = self._steps.read(source, self._length)
        heat = tf.fill([rows], temperature)

        def step(at: tf.Tensor, token: tf.Tensor, states: Any, tokens: tf.Tensor, total: tf.Tensor) -> tuple:
            ended = _has_ended(token)
            probabilities, states = self._steps.step(fixed, states, token, at)
            noise = tf.random.stateless_uniform(tf.shape(probabilities), tf.stack([seed, tf.cast(at, tf.int64)]), 1e-20)
            token = draw(probabilities, self._barred, (heat, kept), -tf.math.log(-tf.math.log(noise)))
            gained = tf.math.log(tf.gather(probabilities, token, batch_dims=1))
            token = tf.where(ended, PADDING, token)
            total += tf.where(ended, 0.0, gained)
            return at + 1, token, states, _with(tokens, token, at), total

        start = (tf.constant(0), tf.fill([rows], START), states, tf.zeros([rows, self._length], tf.int32))
        *_, tokens, total = tf.while_loop(self._goes_on, step, [*start, tf.zeros([rows])])
        return tokens, total / _lengths(tokens)

    def _searched_in_graph(self, beam: int, source: tf.Tensor) -> tuple:
        """Return the tokens of the best text of a beam search, and its mean log probability."""
        import tensorflow as tf

        rows, words = tf.shape(source)[0], self._barred.shape[0]
        fixed, states = tf.nest.map_structure(
            lambda tensor: tf.repeat(tensor, beam, axis=0), self._steps.read(source, self._length)
        )
        first = tf.repeat(tf.constant([[0.0] + [-np.inf] * (beam - 1)]), rows, axis=0)  # the texts are all the same yet

        def step(at: tf.Tensor, token: tf.Tensor, states: Any, tokens: tf.Tensor, total: tf.Tensor) -> tuple:
            probabilities, states = self._steps.step(fixed, states, tf.reshape(token, [-1]), at)
            gained = tf.reshape(tf.math.log(probabilities) + self._barred, [rows, beam, words])
            ended = _has_ended(token)
            totals = tf.expand_dims(total, -1) + tf.where(tf.expand_dims(ended, -1), self._after_end, gained)
            lengths = tf.expand_dims(_lengths(tokens) + tf.where(ended, 0.0, 1.0), -1)
            _, best = tf.math.top_k(tf.reshape(totals / lengths, [rows, -1]), beam)
            parent, token = best // words, best % words
            moved = tf.reshape(parent + tf.range(rows)[:, None] * beam, [-1])
            states = tf.nest.map_structure(lambda tensor: tf.gather(tensor, moved), states)
            tokens = _with(tf.gather(tokens, parent, batch_dims=1), token, at)
            return at + 1, token, states, tokens, tf.gather(tf.reshape(totals, [rows, -1]), best, batch_dims=1)

        start = (tf.constant(0), tf.fill([rows, beam], START), states)
        empty = tf.zeros([rows, beam, self._length], tf.int32)
        *_, tokens, total = tf.while_loop(self._goes_on, step, [*start, empty, first])
        likelihood = total / _lengths(tokens)
        best = tf.argmax(likelihood, axis=1)
        return tf.gather(tokens, best, batch_dims=1), tf.gather(likelihood, best, batch_dims=1)

    def _goes_on(self, at: tf.Tensor, token: tf.Tensor, *others: Any) -> tf.Tensor:
        import tensorflow as tf

        return (at < self._length) & ~tf.reduce_all(_has_ended(token))


def _has_ended(token: tf.Tensor) -> tf.Tensor:
    """Return which texts are written, by their last token."""
    return (token == END) | (token == PADDING)


def _with(tokens: tf.Tensor, token: tf.Tensor, at: tf.Tensor) -> tf.Tensor:
    """Return the tokens (..., steps) with these, (...), at a step."""
    import tensorflow as tf

    return tf.where(tf.range(tf.shape(tokens)[-1]) == at, tf.expand_dims(token, -1), tokens)


def _lengths(tokens: tf.Tensor) -> tf.Tensor:
    """Return how many tokens each text has, at least 1, its end mark included: (...) float32."""
    import tensorflow as tf

    return tf.maximum(tf.reduce_sum(tf.cast(tokens != PADDING, tf.float32), axis=-1), 1.0)
