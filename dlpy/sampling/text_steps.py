"""How language models read a text token by token, and what they remember of it in between."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Protocol, runtime_checkable

if TYPE_CHECKING:
    import keras
    import tensorflow as tf


class Step(Protocol):
    """Reads one token of several texts."""

    def start(self, texts: int) -> Any:
        """Return what is remembered before the first token."""
        ...

    def __call__(self, token: tf.Tensor, remembered: Any) -> tuple[tf.Tensor, Any]:
        """Return the probabilities of the next token, (texts, tokens), and what is remembered then.

        Args:
            token: (texts,) int32.
            remembered: before the token.
        """
        ...


@runtime_checkable
class ReadsPositions(Protocol):
    """A layer that reads one position at a time, such as a block of a transformer."""

    def start(self, batch: Any, length: int) -> Any:
        """Return the cache before the first of `length` positions."""
        ...

    def step(self, x: Any, cache: Any, position: Any) -> tuple[Any, Any]:
        """Return the vectors (batch, size) behind the layer at a position, and the cache after it."""
        ...


def reads_tokens(model: keras.Model) -> bool:
    """Return whether a network can read a text token by token."""
    from keras import layers

    return any(isinstance(layer, layers.RNN | ReadsPositions) for layer in model.layers)


def step_of(model: keras.Model, tokens: int) -> Step:
    """Return how a language model reads a token.

    Args:
        tokens: size of the vocabulary.
    """
    attends = any(isinstance(layer, ReadsPositions) for layer in model.layers)
    return AttentionStep(model, tokens) if attends else RecurrentStep(model, tokens)


class RecurrentStep:
    """One time step of an rnn, with the states of its cells."""

    def __init__(self, model: keras.Model, tokens: int) -> None:
        from keras import layers

        recurrent = [place for place, layer in enumerate(model.layers) if isinstance(layer, layers.RNN)]
        self._vectors = _Vectors(model, tokens)
        self._cells: Sequence[Any] = [model.layers[place].cell for place in recurrent]
        self._head: Sequence[Any] = model.layers[recurrent[-1] + 1 :]

    def start(self, texts: int) -> Any:
        """Return the states before the first token."""
        return [cell.get_initial_state(texts) for cell in self._cells]

    def __call__(self, token: tf.Tensor, remembered: Any) -> tuple[tf.Tensor, Any]:
        """Return the probabilities of the next token, (texts, tokens), and the new states."""
        x, after = self._vectors(token), []
        for cell, state in zip(self._cells, remembered, strict=True):
            with _no_dropout(cell):
                x, state = cell(x, state, training=False)
            after.append(state)
        for layer in self._head:
            x = layer(x)
        return x, after


class AttentionStep:
    """One position of a transformer, with the keys and values of those before it.

    A transformer knows no more positions than its window has. At the end of a window, the last half of it is read again
    as the start of the next one: a token is predicted from at least half a window of text.
    """

    def __init__(self, model: keras.Model, tokens: int) -> None:
        import tensorflow as tf
        from keras import layers

        # XLA makes one operation of the hundreds that a token takes, which cost more than what they compute.
        self._read = tf.function(self._read_in_graph, autograph=False, jit_compile=model.supports_jit)
        self._vectors = _Vectors(model, tokens)
        self._layers = [
            x for x in model.layers if not isinstance(x, layers.InputLayer) and x is not self._vectors.layer
        ]
        self._window: int = model.input_shape[1]

    def start(self, texts: int) -> Any:
        """Return the position of the first token in the window, the tokens of the window, and the empty caches."""
        import tensorflow as tf

        return tf.constant(0), tf.zeros((texts, self._window), tf.int32), self._caches(texts)

    def __call__(self, token: tf.Tensor, remembered: Any) -> tuple[tf.Tensor, Any]:
        """Return the probabilities of the next token, (texts, tokens), and the state after it."""
        import tensorflow as tf

        position, window, caches = tf.cond(
            remembered[0] < self._window, lambda: remembered, lambda: self._next_window(remembered[1])
        )
        window = tf.where(tf.range(self._window) == position, token[:, None], window)
        probabilities, caches = self._read(token, caches, position)
        return probabilities, (position + 1, window, caches)

    def _caches(self, texts: Any) -> list[Any]:
        return [layer.start(texts, self._window) for layer in self._layers if isinstance(layer, ReadsPositions)]

    def _read_in_graph(self, token: Any, caches: Any, position: Any) -> tuple[Any, list[Any]]:
        """Return the probabilities behind a token, and the caches with its keys and values."""
        x, before, after = self._vectors(token), iter(caches), []
        for layer in self._layers:
            if isinstance(layer, ReadsPositions):
                x, cache = layer.step(x, next(before), position)
                after.append(cache)
            else:
                x = layer(x)
        return x, after

    def _next_window(self, window: Any) -> tuple[Any, Any, list[Any]]:
        """Return the state after the last half of a window was read from its first position on."""
        import tensorflow as tf

        kept = self._window // 2
        half = window[:, self._window - kept :]

        def read(position: Any, caches: Any) -> tuple[Any, Any]:
            return position + 1, self._read(half[:, position], caches, position)[1]

        caches = self._caches(tf.shape(window)[0])
        _, caches = tf.while_loop(lambda position, _: position < kept, read, [tf.constant(0), caches])
        return tf.constant(kept), tf.pad(half, [[0, 0], [0, self._window - kept]]), caches


class _Vectors:
    """The vectors of tokens: those of a network's embedding, or one-hot ones."""

    def __init__(self, model: keras.Model, tokens: int) -> None:
        from keras import layers

        embeddings = [layer for layer in model.layers if isinstance(layer, layers.Embedding)]
        self.layer: Any = embeddings[0] if embeddings else None  # None: the vectors are one-hot
        self._tokens = tokens

    def __call__(self, token: Any) -> Any:
        """Return the vectors of tokens (texts,): (texts, size)."""
        import tensorflow as tf

        return tf.one_hot(token, self._tokens) if self.layer is None else self.layer(token)


@contextmanager
def _no_dropout(cell: Any) -> Iterator[None]:
    """Switch a cell's dropout off: Keras' SimpleRNNCell draws its masks, and so moves its seed, in inference too."""
    rates = cell.dropout, cell.recurrent_dropout
    cell.dropout = cell.recurrent_dropout = 0.0
    try:
        yield
    finally:
        cell.dropout, cell.recurrent_dropout = rates
