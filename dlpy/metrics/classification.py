"""Classification metrics."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any, Literal

import numpy as np
from pydantic import Field

from dlpy.components.objectives import Metric
from dlpy.core.errors import ConfigError
from dlpy.data.rows import Rows
from dlpy.data.task import Task
from dlpy.data.validate import class_numbers
from dlpy.metrics._checks import refuse_numbers_and_tokens
from dlpy.metrics._keras_class_metrics import class_counts, streamed_area
from dlpy.scores.class_scores import areas, averaged, class_probabilities, label_areas, mean_of_defined
from dlpy.scores.weighted import OfRanks, Weighted
from dlpy.scores.weighted_scores import counted, mean_of

if TYPE_CHECKING:
    import keras

Threshold = Annotated[float, Field(gt=0, lt=1)]


class Accuracy(Metric):
    """Fraction of rows whose class is predicted correctly; of several labels, the fraction of all labels."""

    name: Literal["accuracy"] = "accuracy"
    aliases = {"acc": "accuracy", "binary_accuracy": "accuracy", "categorical_accuracy": "accuracy"}
    direction = "max"

    def check(self, task: Task) -> None:
        if task.output.kind == "regression":
            raise ConfigError("accuracy needs classes; this target is a number. Use mae.")
        if task.output.kind == "codes":
            raise ConfigError("accuracy needs predicted classes, not codes. Use recall_at_1 or precision_at_1.")

    def build(self, task: Task) -> keras.metrics.Metric:
        from keras import metrics

        if task.output.kind in ("binary", "multilabel"):
            return metrics.BinaryAccuracy(name=self.key)
        one_hot = metrics.CategoricalAccuracy if task.output.one_hot else metrics.SparseCategoricalAccuracy
        return one_hot(name=self.key)

    def of_rows(self, task: Task, rows: Rows, prediction: np.ndarray) -> float:
        if task.output.kind == "multilabel":
            return float(((prediction > 0.5) == rows.y).mean())
        likeliest = class_probabilities(prediction).argmax(axis=1)
        return float((likeliest == class_numbers(rows, task.output)).mean())

    def weighted(self, task: Task, rows: Rows, prediction: np.ndarray) -> Weighted:
        if task.output.kind == "multilabel":
            return mean_of(((prediction > 0.5) == rows.y).mean(axis=1))
        likeliest = class_probabilities(prediction).argmax(axis=1)
        return mean_of(likeliest == class_numbers(rows, task.output))


class TopK(Metric):
    """Fraction of rows whose class is among the k most probable."""

    name: Literal["top_k"] = "top_k"
    aliases = {"top_k_categorical_accuracy": "top_k", "sparse_top_k_categorical_accuracy": "top_k"}
    direction = "max"
    k: Annotated[int, Field(gt=0)] = 5
    """Number of most probable classes to consider."""

    def check(self, task: Task) -> None:
        if task.output.kind not in ("multiclass", "tokens"):
            raise ConfigError(f"top_k needs several classes; this target is {task.output.kind}.")

    def build(self, task: Task) -> keras.metrics.Metric:
        from keras import metrics

        one_hot = task.output.one_hot
        return (metrics.TopKCategoricalAccuracy if one_hot else metrics.SparseTopKCategoricalAccuracy)(self.k, self.key)

    def of_rows(self, task: Task, rows: Rows, prediction: np.ndarray) -> float:
        return float(self._is_among(task, rows, prediction).mean())

    def weighted(self, task: Task, rows: Rows, prediction: np.ndarray) -> Weighted:
        return mean_of(self._is_among(task, rows, prediction))

    def _is_among(self, task: Task, rows: Rows, prediction: np.ndarray) -> np.ndarray:
        own = prediction[np.arange(len(rows)), class_numbers(rows, task.output)]
        return (prediction > own[:, None]).sum(axis=1) < self.k


class ClassMeasure(Metric):
    """Precision, recall or F1 score of classes; the predicted class of a row is its most probable one.

    Precision is the fraction of the rows predicted as a class that belong to it, recall the fraction of a class's rows
    that are predicted as it, F1 the harmonic mean of both. Undefined scores are excluded from means and shown as "-":
    precision of a class that is never predicted, recall of a class without rows, F1 of a class with neither. These are
    scikit-learn's scores with `zero_division=np.nan`. `dlpy evaluate` and classes-*.csv list the scores of each class.
    """

    name: Literal["precision", "recall", "f1"]
    aliases = {"Precision": "precision", "Recall": "recall", "F1": "f1", "f1_score": "f1"}
    direction = "max"
    threshold: Threshold = 0.5
    """For a binary target: the probability above which the second class is predicted, or a label as true."""
    average: Literal["auto", "macro", "micro", "weighted", "none"] = "auto"
    """How to average over classes: macro (unweighted mean), weighted (by rows), micro (over all rows together), none
    (only the scores of each class, in `dlpy evaluate` and classes-*.csv), or auto: the second class of a binary
    target, otherwise macro."""
    class_id: Annotated[int, Field(ge=0)] | None = None
    """Number, from 0, of a single class to score instead of an average; null: all classes."""

    @property
    def needs(self) -> str:
        rows, predicted = "a row of the class", "a row that is predicted to be of the class"
        return {"precision": predicted, "recall": rows, "f1": f"{rows}, or {predicted}"}[self.name]

    @property
    def is_logged(self) -> bool:
        return self.average != "none"

    def check(self, task: Task) -> None:
        output = task.output
        refuse_numbers_and_tokens(self, task)
        if output.kind in ("multiclass", "ordinal") and self.threshold != 0.5:
            raise ConfigError(
                "threshold needs a binary target; with several classes the most probable one is predicted."
            )
        if self.class_id is not None and self.average != "auto":
            raise ConfigError("class_id scores one class and average all of them: leave one of the two out.")
        count = output.class_count
        if self.class_id is not None and count and self.class_id >= count:
            raise ConfigError(f"class_id: {self.class_id} is not one of the {count} classes 0 to {count - 1}.")

    def build(self, task: Task) -> keras.metrics.Metric:
        average = self.average
        if average == "auto":
            average = 1 if task.output.kind == "binary" else "macro"
        how = average if self.class_id is None else self.class_id
        options = {"threshold": self.threshold, "multilabel": task.output.kind == "multilabel", "name": self.key}
        return class_counts()(self.name, task.output.class_count, how, **options)

    def of_rows(self, task: Task, rows: Rows, prediction: np.ndarray) -> float:
        return averaged(self.name, *self._classes(task, rows, prediction), self._average(task))

    def weighted(self, task: Task, rows: Rows, prediction: np.ndarray) -> Weighted:
        return counted(self.name, *self._classes(task, rows, prediction), self._average(task))

    def _classes(self, task: Task, rows: Rows, prediction: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Return which classes of each row are true, and which are predicted: (rows, classes) bool."""
        if task.output.kind == "multilabel":
            return rows.y == 1, prediction > self.threshold
        every = np.eye(task.output.class_count, dtype=bool)
        likeliest = prediction.argmax(axis=1) if prediction.shape[1] > 1 else prediction[:, 0] > self.threshold
        return every[class_numbers(rows, task.output)], every[likeliest.astype(np.int64)]

    def _average(self, task: Task) -> str | int:
        if self.class_id is not None:
            return self.class_id
        return 1 if self.average == "auto" and task.output.kind == "binary" else self.average


class AUC(Metric):
    """Area under the ROC curve: how often a row of a class gets a higher probability for it than another row.

    Ties count half. For several classes it is the mean over those with rows inside and outside the class; if there are
    none, it is undefined and shown as "-". It is exact for held-out rows (validation, test, folds) and approximate for
    training rows, for which it is computed batch by batch.
    """

    name: Literal["auc"] = "auc"
    aliases = {"AUC": "auc", "roc_auc": "auc"}
    direction = "max"
    curve: Literal["ROC", "PR"] = "ROC"
    """Curve: ROC, or PR (precision over recall), whose area is the average precision."""
    num_thresholds: Annotated[int, Field(ge=3)] = 200
    """Number of thresholds of the curve on training rows; on held-out rows the curve is exact."""

    @property
    def needs(self) -> str:
        return "rows of a class and rows of others"

    def check(self, task: Task) -> None:
        refuse_numbers_and_tokens(self, task)

    def build(self, task: Task) -> keras.metrics.Metric:
        multi_label = task.output.kind != "binary"
        return streamed_area()(self.num_thresholds, curve=self.curve, multi_label=multi_label, name=self.key)

    def exact(self, task: Task, rows: Rows, prediction: np.ndarray) -> float:
        if task.output.kind == "multilabel":
            return mean_of_defined(label_areas(rows.y == 1, prediction, self.curve))
        found = areas(class_numbers(rows, task.output), class_probabilities(prediction), self.curve)
        return float(found[1]) if task.output.kind == "binary" else mean_of_defined(found)

    def weighted(self, task: Task, rows: Rows, prediction: np.ndarray) -> Weighted:
        if task.output.kind == "multilabel":
            return OfRanks(rows.y == 1, prediction, self.curve)
        probability, first = class_probabilities(prediction), int(task.output.kind == "binary")
        true = np.eye(probability.shape[1], dtype=bool)[class_numbers(rows, task.output)]
        return OfRanks(true[:, first:], probability[:, first:], self.curve)


class ClassDistance(Metric):
    """Mean distance of the predicted class from the true one, in classes: the mean absolute error of their numbers.

    For an ordinal target. The predicted class of a row is its most probable one.
    """

    name: Literal["class_distance"] = "class_distance"
    direction = "min"

    def check(self, task: Task) -> None:
        if task.output.kind != "ordinal":
            raise ConfigError(f"class_distance needs classes in an order (task: ordinal), not {task.output.kind}.")

    def build(self, task: Task) -> keras.metrics.Metric:
        from keras import metrics
        from keras import ops as keras_ops

        ops: Any = keras_ops

        def distance(y_true: Any, y_pred: Any) -> Any:
            predicted = ops.cast(ops.argmax(y_pred, axis=-1), "float32")
            return ops.abs(ops.cast(ops.reshape(y_true, (-1,)), "float32") - predicted)

        return metrics.MeanMetricWrapper(distance, name=self.key)

    def of_rows(self, task: Task, rows: Rows, prediction: np.ndarray) -> float:
        return float(np.abs(class_numbers(rows, task.output) - prediction.argmax(axis=1)).mean())

    def weighted(self, task: Task, rows: Rows, prediction: np.ndarray) -> Weighted:
        return mean_of(np.abs(class_numbers(rows, task.output) - prediction.argmax(axis=1)))
