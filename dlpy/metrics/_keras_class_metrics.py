"""Keras classification metrics that are NaN where undefined, instead of 0, and exclude such classes from means."""

from __future__ import annotations

from functools import cache
from typing import Any


@cache
def class_counts() -> Any:
    """Return a Keras metric class that counts rows per class and computes precision, recall or F1 from the counts."""
    import keras
    from keras import ops as keras_ops

    ops: Any = keras_ops

    class ClassCounts(keras.metrics.Metric):
        """Precision, recall or F1 of the most probable class of each row.

        Args of an instance:
            measure: precision, recall or f1.
            classes: the number of classes. Predictions are (rows, classes) or, for two classes, (rows, 1): the
                probability of the second class, which is predicted if it exceeds `threshold`.
            average: macro, micro or weighted; or the number of a single class to score.
            multilabel: whether several classes of a row may be true: targets and predictions are (rows, classes), and
                those that exceed `threshold` are predicted.
        """

        def __init__(self, measure: str, classes: int, average: str | int, **options: Any) -> None:
            super().__init__(name=options.get("name"))
            self._multilabel, threshold = options.get("multilabel", False), options.get("threshold", 0.5)
            self._measure, self._classes, self._average, self._threshold = measure, classes, average, threshold
            self._right, self._predicted, self._actual = (
                self.add_weight(shape=(classes,), initializer="zeros", name=counted)
                for counted in ("right", "predicted", "actual")
            )

        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
            given = (ops.convert_to_tensor(y_true), ops.convert_to_tensor(y_pred))
            wanted, said = (_labels if self._multilabel else _classes)(*given, self._classes, self._threshold)
            if sample_weight is not None:
                wanted = wanted * ops.reshape(ops.cast(sample_weight, self.dtype), (-1, 1))
                said = said * ops.sum(wanted, axis=1, keepdims=True)
            self._right.assign_add(ops.sum(ops.minimum(wanted, said), axis=0))
            self._predicted.assign_add(ops.sum(said, axis=0))
            self._actual.assign_add(ops.sum(wanted, axis=0))

        def result(self) -> Any:
            part, whole = {
                "precision": (self._right, self._predicted),
                "recall": (self._right, self._actual),
                "f1": (2 * self._right, self._predicted + self._actual),
            }[self._measure]
            part, whole = ops.convert_to_tensor(part), ops.convert_to_tensor(whole)
            if self._average == "micro":
                return _ratio(ops.sum(part), ops.sum(whole))
            if isinstance(self._average, int):
                return _ratio(part, whole)[self._average]
            defined = ops.cast(whole > 0, self.dtype)
            weight = self._actual * defined if self._average == "weighted" else defined
            weight = ops.where(ops.sum(weight) > 0, weight, defined)
            return _ratio(ops.sum(ops.where(whole > 0, _ratio(part, whole), 0.0) * weight), ops.sum(weight))

    return ClassCounts


def _classes(y_true: Any, y_pred: Any, classes: int, threshold: float) -> tuple[Any, Any]:
    """Return which class of each row is true, and which is predicted: (rows, classes) of 0 and 1."""
    from keras import ops as keras_ops

    ops: Any = keras_ops
    one_hot = len(y_true.shape) == 2 and y_true.shape[1] == classes
    true = ops.argmax(y_true, axis=1) if one_hot else ops.cast(ops.reshape(y_true, (-1,)), "int32")
    if y_pred.shape[-1] > 1:
        said = ops.argmax(y_pred, axis=1)
    else:
        said = ops.cast(ops.reshape(y_pred, (-1,)) > threshold, "int32")
    return ops.one_hot(true, classes, dtype="float32"), ops.one_hot(said, classes, dtype="float32")


def _labels(y_true: Any, y_pred: Any, classes: int, threshold: float) -> tuple[Any, Any]:
    """Return which labels of each row are true, and which are predicted: (rows, labels) of 0 and 1."""
    from keras import ops as keras_ops

    ops: Any = keras_ops
    return ops.cast(y_true, "float32"), ops.cast(y_pred > threshold, "float32")


@cache
def streamed_area() -> Any:
    """Return Keras' AUC as a class that takes class numbers and excludes classes with no rows or with all rows."""
    import keras
    from keras import ops as keras_ops

    ops: Any = keras_ops

    class StreamedArea(keras.metrics.AUC):
        """The area under a curve at a fixed number of thresholds: an approximation, computed batch by batch."""

        def update_state(self, y_true: Any, y_pred: Any, sample_weight: Any = None) -> None:
            y_true = ops.convert_to_tensor(y_true)
            if self.multi_label and (len(y_true.shape) == 1 or y_true.shape[1] == 1):
                y_true = ops.one_hot(ops.cast(ops.reshape(y_true, (-1,)), "int32"), y_pred.shape[-1])
            super().update_state(y_true, y_pred, sample_weight)

        def result(self) -> Any:
            positive = (self.true_positives + self.false_negatives)[0]  # at any threshold: all rows of the class
            negative = (self.false_positives + self.true_negatives)[0]
            defined = ops.cast(ops.logical_and(positive > 0, negative > 0), "float32")
            self.label_weights = defined if self.multi_label else None
            area = super().result()
            self.label_weights = None
            return ops.where(ops.sum(defined) > 0, area, float("nan"))

    return StreamedArea


def _ratio(part: Any, whole: Any) -> Any:
    from keras import ops as keras_ops

    ops: Any = keras_ops
    return ops.where(whole > 0, part / ops.where(whole > 0, whole, 1.0), float("nan"))
