"""A network over integers, opened at the vectors that it looks up: integrated gradients of a prediction.

Source: Sundararajan, Taly and Yan 2017, "Axiomatic attribution for deep networks", arXiv:1703.01365.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from dlpy.core.errors import ConfigError

if TYPE_CHECKING:
    import keras
    import tensorflow as tf

_STEPS = (32, 128, 512)  # points of the path, until the error is small enough
_AT_A_TIME = 32  # rows in a batch
_TOLERANCE = 0.01  # of the change of the prediction

Wanted = Callable[[Any], Any]  # takes predictions (rows, units) and returns the explained number of each: (rows,)


@dataclass(frozen=True)
class Attribution:
    """What each position of a row contributes to its prediction.

    values: (length,). prediction: of the row. baseline: of padding at every position.
    """

    values: np.ndarray
    prediction: float
    baseline: float

    @property
    def error(self) -> float:
        """The completeness error: the change of the prediction that the values do not sum to."""
        return self.prediction - self.baseline - float(self.values.sum())


class EmbeddedNetwork:
    """A network whose first layers turn integers into vectors, which gradients are taken of."""

    def __init__(self, model: keras.Model, wanted: Wanted) -> None:
        self._model, self._wanted = model, wanted
        self._graph: Callable[..., Any] | None = None

    def integrated_gradients(self, row: np.ndarray) -> Attribution:
        """Return the integrated gradients of a row of integers, (length,), along the line from padding's vectors.

        Masks stay those of the row. The number of points of the path grows until the values sum to the change of the
        prediction within 1 %, or is 512.
        """
        prediction, baseline = (float(self._at(row, np.array([share]))[0][0]) for share in (1.0, 0.0))
        found = Attribution(np.zeros(len(row)), prediction, baseline)
        for steps in _STEPS:
            found = Attribution(self._mean_gradients(row, steps), prediction, baseline)
            if abs(found.error) <= _TOLERANCE * max(abs(prediction - baseline), 1e-3):
                break
        return found

    def _mean_gradients(self, row: np.ndarray, steps: int) -> np.ndarray:
        """Return the mean, over the middles of `steps` stretches of the path, of gradient times difference."""
        shares = (np.arange(steps) + 0.5) / steps
        pieces = [shares[start : start + _AT_A_TIME] for start in range(0, steps, _AT_A_TIME)]
        return np.sum([self._at(row, piece)[1].sum(axis=0) for piece in pieces], axis=0) / steps

    def _at(self, row: np.ndarray, shares: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return the predictions at points of the path, and each position's gradient times difference there."""
        import tensorflow as tf

        graph = self._graph = self._graph or self._traced()
        rows = tf.constant(np.tile(row.astype(np.int32), (len(shares), 1)))
        prediction, products = graph(rows, tf.constant(shares, tf.float32))
        return prediction.numpy().astype(np.float64), products.numpy().astype(np.float64)

    def _traced(self) -> Callable[..., Any]:
        """Return `_gradients` as one graph for any number of rows."""
        import tensorflow as tf

        rows = tf.TensorSpec((None, self._model.inputs[0].shape[1]), tf.int32)
        shares = tf.TensorSpec((None,), tf.float32)
        return tf.function(self._gradients, input_signature=(rows, shares), autograph=False)

    def _gradients(self, rows: tf.Tensor, shares: tf.Tensor) -> tuple[Any, Any]:
        import tensorflow as tf

        with tf.GradientTape(watch_accessed_variables=False) as tape:
            path = _Path(rows, shares, tape)
            prediction = self._wanted(path.through(self._model))
        if not path.vectors:
            raise ConfigError("the network looks up no vectors, so gradients say nothing: use --method occlusion.")
        gradients = tape.gradient(prediction, [at for at, _ in path.vectors])
        products = [
            tf.reduce_sum(tf.convert_to_tensor(gradient) * difference, axis=-1)
            for gradient, (_, difference) in zip(gradients, path.vectors, strict=True)
        ]
        return prediction, tf.add_n(products)


class _Path:
    """Calls a network on integers, with the vectors of its first layers replaced by points of a path."""

    def __init__(self, rows: tf.Tensor, shares: tf.Tensor, tape: tf.GradientTape) -> None:
        self._rows, self._shares, self._tape = rows, shares, tape
        self.vectors: list[tuple[Any, Any]] = []  # points of the path, and the difference of its ends

    def through(self, model: keras.Model) -> Any:
        """Return the predictions."""
        from dlpy.explain.layer_graph import through

        return through(model, self._rows, self._call)

    def _call(self, layer: Any, *given: Any, **options: Any) -> Any:
        from dlpy.explain.layer_graph import is_network, through

        if is_network(layer):
            return through(layer, given[0], self._call)
        output = layer(*given, **options)
        if not (given and given[0] is self._rows and output.dtype.is_floating):
            return output
        return self._replaced(output, layer(self._rows * 0, *given[1:], **options))

    def _replaced(self, output: Any, padding: Any) -> Any:
        """Return points between the vectors of padding and those of the row, with the mask of the row."""
        from keras.src import backend

        difference = output - padding
        at = padding + difference * self._shares[:, None, None]
        self._tape.watch(at)
        self.vectors.append((at, difference))
        mask = backend.get_keras_mask(output)
        if mask is not None:
            backend.set_keras_mask(at, mask)
        return at
