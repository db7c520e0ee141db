"""Metrics of codes: how well what belongs together is found."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from dlpy.components.objectives import Metric
from dlpy.core.errors import ConfigError
from dlpy.data.rows import Rows
from dlpy.data.task import Task
from dlpy.data.validate import class_numbers
from dlpy.scores.retrieval import mean_reciprocal_rank, nearest_have_same_class, ranks_of_partners, recall_at
from dlpy.scores.weighted import Weighted
from dlpy.scores.weighted_scores import mean_of

if TYPE_CHECKING:
    import keras


class PartnerRank(Metric):
    """How early each left row's partner comes among the right rows of a part, by similarity.

    recall_at_k is the fraction of rows whose partner is among the first k, mrr the mean of 1 / rank. By chance it
    is k / rows. Only pairs that belong together count. In training, every pair counts, and its batch alone is searched.
    """

    name: Literal["recall_at_1", "recall_at_5", "recall_at_10", "mrr"]
    direction = "max"

    def check(self, task: Task) -> None:
        if task.output.kind != "codes" or task.output.classes:
            raise ConfigError(f"{self.name} needs pairs that belong together: use model embedding with two inputs.")

    def build(self, task: Task) -> keras.metrics.Metric:
        from keras import metrics

        return metrics.MeanMetricWrapper(self._in_batch, name=self.key)

    def exact(self, task: Task, rows: Rows, prediction: np.ndarray) -> float:
        ranks = _ranks(rows, prediction)
        return mean_reciprocal_rank(ranks) if self.name == "mrr" else recall_at(ranks, self._k)

    def weighted(self, task: Task, rows: Rows, prediction: np.ndarray) -> Weighted | None:
        if (rows.y.reshape(-1) != 1).any():
            return None
        ranks = _ranks(rows, prediction)
        return mean_of(1 / ranks if self.name == "mrr" else ranks <= self._k)

    @property
    def _k(self) -> int:
        return 0 if self.name == "mrr" else int(self.name.rsplit("_", 1)[1])

    def _in_batch(self, y_true: Any, y_pred: Any) -> Any:
        """Return the score of each row among those of its batch: (batch,)."""
        from keras import ops as keras_ops

        ops: Any = keras_ops
        left, right = ops.split(y_pred, 2, axis=1)
        similarity = ops.matmul(left, ops.transpose(right))
        own = ops.sum(left * right, axis=1, keepdims=True)
        rank = 1 + ops.sum(ops.cast(similarity > own + 1e-6, y_pred.dtype), axis=1)
        return 1 / rank if self.name == "mrr" else ops.cast(rank <= self._k, y_pred.dtype)


class NearestClass(Metric):
    """Precision at 1: fraction of rows whose most similar other row is of the same class.

    Chance is the probability that two rows are of one class. In training, the rows of the batch are searched alone.
    """

    name: Literal["precision_at_1"] = "precision_at_1"
    direction = "max"

    def check(self, task: Task) -> None:
        if task.output.kind != "codes" or not task.output.classes:
            raise ConfigError("precision_at_1 needs codes of rows with classes: use model embedding with one input.")

    def build(self, task: Task) -> keras.metrics.Metric:
        from keras import metrics

        return metrics.MeanMetricWrapper(_nearest_in_batch, name=self.key)

    def exact(self, task: Task, rows: Rows, prediction: np.ndarray) -> float:
        if len(rows) < 2:
            return float("nan")
        return float(nearest_have_same_class(prediction, class_numbers(rows, task.output)).mean())


def _ranks(rows: Rows, prediction: np.ndarray) -> np.ndarray:
    """Return the rank of the partner of each left row that has one: (pairs that belong together,)."""
    left, right = np.split(prediction, 2, axis=1)
    return ranks_of_partners(left, right)[rows.y.reshape(-1) == 1]


def _nearest_in_batch(y_true: Any, y_pred: Any) -> Any:
    """Return whether the most similar other row of a batch is of the same class: (batch,)."""
    from keras import ops as keras_ops

    ops: Any = keras_ops
    similarity = ops.matmul(y_pred, ops.transpose(y_pred))
    similarity = similarity - 10 * ops.eye(ops.shape(y_pred)[0], dtype=y_pred.dtype)
    labels = ops.reshape(y_true, (-1,))
    return ops.cast(ops.take(labels, ops.argmax(similarity, axis=1)) == labels, y_pred.dtype)
