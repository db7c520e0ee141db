"""A Keras metric that counts spans of words in a graph, by the rules of dlpy/scores/spans.py."""

from __future__ import annotations

from functools import cache
from typing import Any

from dlpy.scores.spans import Scheme, boundaries


@cache
def streamed_spans() -> Any:
    """Return a Keras metric class for the F1 score of the spans of all batches so far."""
    import keras
    from keras import ops as keras_ops

    ops: Any = keras_ops

    class StreamedSpans(keras.metrics.Metric):
        """F1 of spans; targets are (words,) tags, predictions (words, tags), and a batch counts as one text."""

        def __init__(self, scheme: Scheme, name: str | None = None) -> None:
            super().__init__(name=name)
            self._scheme = scheme
            self._right, self._all = (
                self.add_weight(initializer="zeros", name=counted) for counted in ("right", "all")
            )

        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
            y_pred = ops.convert_to_tensor(y_pred)
            one = ops.cast(y_pred[:, 0] > 0.5, "int32") if y_pred.shape[-1] == 1 else ops.argmax(y_pred, axis=-1)
            wanted = _spans(ops.cast(ops.reshape(y_true, (-1,)), "int32"), self._scheme)
            said = _spans(ops.cast(one, "int32"), self._scheme)
            right = wanted[0] & said[0] & (wanted[1] == said[1]) & (wanted[2] == said[2])
            self._right.assign_add(_count(right))
            self._all.assign_add(_count(wanted[0]) + _count(said[0]))

        def result(self) -> Any:
            whole = ops.convert_to_tensor(self._all)
            return ops.where(whole > 0, 2 * self._right / ops.where(whole > 0, whole, 1.0), float("nan"))

    return StreamedSpans


def _count(true: Any) -> Any:
    from keras import ops as keras_ops

    ops: Any = keras_ops
    return ops.sum(ops.cast(true, "float32"))


def _spans(tags: Any, scheme: Scheme) -> tuple[Any, Any, Any]:
    """Return for each word whether a span ends there, the word where the latest span began, and its kind."""
    from keras import ops as keras_ops

    ops: Any = keras_ops
    prefix, kind = (ops.take(ops.convert_to_tensor(own, "int32"), tags) for own in (scheme.prefix, scheme.kind))
    (before, after), (kind_before, kind_after) = _beside(prefix, 0), _beside(kind, -1)
    begins, ends = boundaries((prefix, kind), (before, kind_before), (after, kind_after))
    span = ops.cumsum(ops.cast(begins, "int32"))
    words = ops.arange(ops.shape(tags)[0], dtype="int32")
    first = ops.segment_max(ops.where(begins, words, -1), span, num_segments=ops.shape(tags)[0] + 1)
    return ends, ops.take(first, span), kind


def _beside(numbers: Any, outside: int) -> tuple[Any, Any]:
    """Return the number before each word, and that behind it."""
    from keras import ops as keras_ops

    ops: Any = keras_ops
    end = ops.full((1,), outside, dtype="int32")
    return ops.concatenate([end, numbers[:-1]]), ops.concatenate([numbers[1:], end])
