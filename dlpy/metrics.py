"""Keras' metrics, which targets each one fits, and which way is better."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

from pydantic import Field

from dlpy.data import Task
from dlpy.errors import ConfigError
from dlpy.objectives import Metric

if TYPE_CHECKING:
    import keras

Threshold = Annotated[float, Field(gt=0, lt=1)]


class Accuracy(Metric):
    """Share of rows whose class is predicted right."""

    name: Literal["accuracy"] = "accuracy"
    aliases = {"acc": "accuracy", "binary_accuracy": "accuracy", "categorical_accuracy": "accuracy"}
    direction = "max"

    def check(self, task: Task) -> None:
        if task.output.kind == "regression":
            raise ConfigError("accuracy fits classes; this target is a number. Use mae.")

    def build(self, task: Task) -> keras.metrics.Metric:
        from keras import metrics

        if task.output.kind == "binary":
            return metrics.BinaryAccuracy(name=self.key)
        one_hot = metrics.CategoricalAccuracy if task.output.one_hot else metrics.SparseCategoricalAccuracy
        return one_hot(name=self.key)


class TopK(Metric):
    """Share of rows whose class is among the k most probable."""

    name: Literal["top_k"] = "top_k"
    aliases = {"top_k_categorical_accuracy": "top_k", "sparse_top_k_categorical_accuracy": "top_k"}
    direction = "max"
    k: Annotated[int, Field(gt=0)] = 5
    """How many classes count."""

    def check(self, task: Task) -> None:
        if task.output.kind not in ("multiclass", "tokens"):
            raise ConfigError(f"top_k fits several classes; this target is {task.output.kind}.")

    def build(self, task: Task) -> keras.metrics.Metric:
        from keras import metrics

        one_hot = task.output.one_hot
        return (metrics.TopKCategoricalAccuracy if one_hot else metrics.SparseTopKCategoricalAccuracy)(self.k, self.key)


class _ClassMetric(Metric):
    """A metric of yes-or-no targets, or of one-hot labels."""

    direction = "max"

    def check(self, task: Task) -> None:
        if task.output.kind == "regression":
            raise ConfigError(f"{self.name} fits classes; this target is a number. Use mae.")
        _refuse_tokens(self, task)
        if task.output.kind == "multiclass" and not task.output.one_hot:
            raise ConfigError(f"{self.name} of several classes needs one-hot labels: add 'one_hot' to data.transforms.")


class AUC(_ClassMetric):
    """Area under the ROC curve (or precision-recall curve): how well a threshold could tell the classes apart."""

    name: Literal["auc"] = "auc"
    aliases = {"AUC": "auc", "roc_auc": "auc"}
    curve: Literal["ROC", "PR"] = "ROC"
    """Which curve."""
    num_thresholds: Annotated[int, Field(ge=3)] = 200
    """How finely the curve is drawn."""

    def build(self, task: Task) -> keras.metrics.Metric:
        from keras import metrics

        multi_label = task.output.kind == "multiclass"
        return metrics.AUC(self.num_thresholds, curve=self.curve, multi_label=multi_label, name=self.key)


class PrecisionRecall(_ClassMetric):
    """Precision: share of predicted positives that are. Recall: share of positives that are found."""

    name: Literal["precision", "recall"]
    aliases = {"Precision": "precision", "Recall": "recall"}
    threshold: Threshold = 0.5
    """From which probability on a row counts as positive."""
    class_id: Annotated[int, Field(ge=0)] | None = None
    """Of several classes, only this one."""

    def build(self, task: Task) -> keras.metrics.Metric:
        from keras import metrics

        cls = metrics.Precision if self.name == "precision" else metrics.Recall
        return cls(thresholds=self.threshold, class_id=self.class_id, name=self.key)


class F1(_ClassMetric):
    """Harmonic mean of precision and recall; of several classes, the mean over classes."""

    name: Literal["f1"] = "f1"
    aliases = {"F1": "f1", "f1_score": "f1"}
    threshold: Threshold = 0.5
    """From which probability on a row counts as positive (two classes only)."""

    def build(self, task: Task) -> keras.metrics.Metric:
        from keras import metrics

        binary = task.output.kind == "binary"
        return metrics.F1Score(average="macro", threshold=self.threshold if binary else None, name=self.key)


class ErrorMetric(Metric):
    """A distance between target and prediction: absolute, squared, root of the squared, in per cent, logarithmic."""

    name: Literal["mae", "mse", "rmse", "mape", "msle"]
    aliases = {
        "mean_absolute_error": "mae",
        "mean_squared_error": "mse",
        "root_mean_squared_error": "rmse",
        "mean_absolute_percentage_error": "mape",
        "mean_squared_logarithmic_error": "msle",
    }
    direction = "min"
    keras_classes: ClassVar[dict[str, str]] = {
        "mae": "MeanAbsoluteError",
        "mse": "MeanSquaredError",
        "rmse": "RootMeanSquaredError",
        "mape": "MeanAbsolutePercentageError",
        "msle": "MeanSquaredLogarithmicError",
    }

    def check(self, task: Task) -> None:
        if task.output.kind == "multiclass" and not task.output.one_hot:
            raise ConfigError(f"{self.name} fits numbers; this target is a class number. Use accuracy.")
        _refuse_tokens(self, task)

    def build(self, task: Task) -> keras.metrics.Metric:
        from keras import metrics

        return getattr(metrics, self.keras_classes[self.name])(name=self.key)


class Uncertainty(Metric):
    """How unsure a model is of what comes next: the cross-entropy in bits, or how many it hesitates between.

    Bits are those of a token: of a character where the text is cut up into these. Perplexity is 2 to their power.
    """

    name: Literal["bits", "perplexity"]
    aliases = {"bits_per_character": "bits", "bits_per_word": "bits", "bits_per_token": "bits", "bpc": "bits"}
    direction = "min"

    def check(self, task: Task) -> None:
        if task.output.kind not in ("multiclass", "tokens"):
            raise ConfigError(f"{self.name} fits the tokens of texts, and classes; this target is {task.output.kind}.")

    def build(self, task: Task) -> keras.metrics.Metric:
        bits, perplexity = _uncertainties(one_hot=task.output.one_hot)
        return (bits if self.name == "bits" else perplexity)(name=self.key)


@cache
def _uncertainties(*, one_hot: bool) -> tuple[type[keras.metrics.Metric], type[keras.metrics.Metric]]:
    """Return Keras metrics that tell the mean cross-entropy in another measure than nats."""
    from keras import metrics, ops

    entropy: Any = metrics.CategoricalCrossentropy if one_hot else metrics.SparseCategoricalCrossentropy

    class Bits(entropy):
        """The mean cross-entropy in bits."""

        def result(self) -> Any:
            return super().result() / math.log(2)

    class Perplexity(entropy):
        """The exponential of the mean cross-entropy."""

        def result(self) -> Any:
            return ops.exp(super().result())

    return Bits, Perplexity


def _refuse_tokens(metric: Metric, task: Task) -> None:
    if task.output.kind == "tokens":
        raise ConfigError(f"{metric.name} does not fit the tokens of a text. Use bits, perplexity, accuracy or top_k.")
