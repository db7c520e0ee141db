"""What Keras needs to measure probabilities batch by batch."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any

from dlpy.scores.calibration import BINS


def squared_errors(*, apart: bool) -> Callable[[Any, Any], Any]:
    """Return a function of targets and probabilities that returns the Brier score of each row: (batch,).

    Args:
        apart: whether each unit is the probability of an event of its own, as for two classes and for labels.
    """

    def errors(y_true: Any, y_pred: Any) -> Any:
        from keras import ops as keras_ops

        ops: Any = keras_ops
        squares = ops.square(y_pred - _events(y_true, y_pred, apart=apart))
        return ops.mean(squares, axis=-1) if apart else ops.sum(squares, axis=-1)

    return errors


@cache
def streamed_calibration_error() -> Any:
    """Return a Keras metric class of the expected calibration error with bins of equal width."""
    import keras
    from keras import ops as keras_ops

    ops: Any = keras_ops

    class StreamedCalibrationError(keras.metrics.Metric):
        """The expected calibration error of all batches so far; `apart` is that of `squared_errors`."""

        def __init__(self, apart: bool = True, name: str | None = None) -> None:
            super().__init__(name=name)
            self._apart = apart
            self._count, self._probability, self._happened = (
                self.add_weight(shape=(BINS,), initializer="zeros", name=summed)
                for summed in ("count", "probability", "happened")
            )

        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
            y_pred = ops.cast(ops.convert_to_tensor(y_pred), "float32")
            happened = _events(ops.convert_to_tensor(y_true), y_pred, apart=self._apart)
            weight = ops.ones_like(y_pred[:, :1])
            if sample_weight is not None:
                weight = ops.reshape(ops.cast(sample_weight, "float32"), (-1, 1))
            if not self._apart:
                chosen = ops.one_hot(ops.argmax(y_pred, axis=-1), y_pred.shape[-1], dtype="float32")
                happened = ops.sum(happened * chosen, axis=-1, keepdims=True)
                y_pred = ops.max(y_pred, axis=-1, keepdims=True)
            place = ops.clip(ops.cast(ops.floor(y_pred * BINS), "int32"), 0, BINS - 1)
            inside = ops.one_hot(place, BINS, dtype="float32") * weight[..., None]  # (batch, events, bins)
            self._count.assign_add(ops.sum(inside, axis=(0, 1)))
            self._probability.assign_add(ops.sum(inside * y_pred[..., None], axis=(0, 1)))
            self._happened.assign_add(ops.sum(inside * happened[..., None], axis=(0, 1)))

        def result(self) -> Any:
            total = ops.maximum(ops.sum(ops.convert_to_tensor(self._count)), 1e-7)
            return ops.sum(ops.abs(self._probability - self._happened)) / total

    return StreamedCalibrationError


def _events(y_true: Any, y_pred: Any, *, apart: bool) -> Any:
    """Return targets as 0 and 1 in the shape of the probabilities: (batch, units)."""
    from keras import ops as keras_ops

    ops: Any = keras_ops
    if apart or (len(y_true.shape) == 2 and y_true.shape[1] == y_pred.shape[1]):
        return ops.reshape(ops.cast(y_true, "float32"), ops.shape(y_pred))
    return ops.one_hot(ops.cast(ops.reshape(y_true, (-1,)), "int32"), y_pred.shape[-1], dtype="float32")
