"""Keras' metrics, which targets each one fits, and which way is better."""

from __future__ import annotations

import math
from functools import cache
from typing import TYPE_CHECKING, Annotated, Any, ClassVar, Literal

import numpy as np
from pydantic import Field

from dlpy.components.objectives import Metric
from dlpy.core.errors import ConfigError
from dlpy.data.task import Output, Rows, Task
from dlpy.data.validate import class_numbers
from dlpy.metrics._keras_class_metrics import class_counts, streamed_area
from dlpy.metrics._keras_regression_metrics import in_unit, streamed_r2
from dlpy.scores.class_scores import areas, class_probabilities, mean_of_defined
from dlpy.scores.regression_scores import regression_score

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


class ClassMeasure(Metric):
    """Precision, recall or F1 score of classes; every row is predicted to be of its likeliest class.

    Precision is the share of the rows predicted to be of a class that are of it, recall the share of a class's rows
    that are predicted to be, F1 the harmonic mean of both. What is undefined is left out of means and shown as "-":
    precision of a class that is never predicted, recall of a class without rows, F1 of a class with neither. These are
    scikit-learn's scores with `zero_division=np.nan`. Values of every class: `dlpy evaluate` and classes-*.csv.
    """

    name: Literal["precision", "recall", "f1"]
    aliases = {"Precision": "precision", "Recall": "recall", "F1": "f1", "f1_score": "f1"}
    direction = "max"
    threshold: Threshold = 0.5
    """Of a binary target: the probability above which a row is predicted to be of the second class."""
    average: Literal["auto", "macro", "micro", "weighted", "none"] = "auto"
    """How classes are put together: macro (their mean), weighted (by rows), micro (all rows counted together), or none
    (no single number: values by class in `dlpy evaluate` and classes-*.csv alone); auto: the second class of a binary
    target, else macro."""
    class_id: Annotated[int, Field(ge=0)] | None = None
    """The number of the one class whose score is wanted, from 0."""

    @property
    def needs(self) -> str:
        rows, predicted = "a row of the class", "a row that is predicted to be of the class"
        return {"precision": predicted, "recall": rows, "f1": f"{rows}, or {predicted}"}[self.name]

    @property
    def is_logged(self) -> bool:
        return self.average != "none"

    def check(self, task: Task) -> None:
        output = task.output
        _refuse_numbers_and_tokens(self, task)
        if output.kind == "multiclass" and self.threshold != 0.5:
            raise ConfigError("threshold is for a binary target; of several classes the likeliest one counts.")
        if self.class_id is not None and self.average != "auto":
            raise ConfigError("class_id is one class, average all of them: leave one of the two out.")
        count = _class_count(output)
        if self.class_id is not None and count and self.class_id >= count:
            raise ConfigError(f"class_id: {self.class_id} is not one of the {count} classes 0 to {count - 1}.")

    def build(self, task: Task) -> keras.metrics.Metric:
        average = self.average
        if average == "auto":
            average = 1 if task.output.kind == "binary" else "macro"
        how = average if self.class_id is None else self.class_id
        return class_counts()(self.name, _class_count(task.output), how, threshold=self.threshold, name=self.key)


class AUC(Metric):
    """Area under the ROC curve: how often a row of a class gets a higher probability for it than a row of another.

    Ties count half. Of several classes it is the mean over those that have rows and rows of others; where there are
    none, it is undefined and shown as "-". It is exact for rows that are scored (validation, test, folds) and an
    approximation for the training rows of an epoch, which are only streamed past.
    """

    name: Literal["auc"] = "auc"
    aliases = {"AUC": "auc", "roc_auc": "auc"}
    direction = "max"
    curve: Literal["ROC", "PR"] = "ROC"
    """Which curve; the area under PR, precision over recall, is the average precision."""
    num_thresholds: Annotated[int, Field(ge=3)] = 200
    """How finely the curve of the training rows is drawn; of scored rows every prediction counts."""

    @property
    def needs(self) -> str:
        return "rows of a class and rows of others"

    def check(self, task: Task) -> None:
        _refuse_numbers_and_tokens(self, task)

    def build(self, task: Task) -> keras.metrics.Metric:
        multi_label = task.output.kind == "multiclass"
        return streamed_area()(self.num_thresholds, curve=self.curve, multi_label=multi_label, name=self.key)

    def exact(self, task: Task, rows: Rows, prediction: np.ndarray) -> float:
        found = areas(class_numbers(rows, task.output), class_probabilities(prediction), self.curve)
        return float(found[1]) if task.output.kind == "binary" else mean_of_defined(found)


class ErrorMetric(Metric):
    """A distance between target and prediction: absolute, squared, root of the squared, in per cent, logarithmic.

    Of a standardized target mape and msle are those of the numbers in its own unit.
    """

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

        built = getattr(metrics, self.keras_classes[self.name])(name=self.key)
        return in_unit(built, task.output) if self.name in ("mape", "msle") else built


class R2(Metric):
    """Coefficient of determination: the share of the target's variance that is explained; undefined of a constant.

    Of several numbers, the mean over those that vary.
    """

    name: Literal["r2"] = "r2"
    aliases = {"R2": "r2", "r2_score": "r2"}
    direction = "max"

    def check(self, task: Task) -> None:
        _require_numbers(self, task)

    def build(self, task: Task) -> keras.metrics.Metric:
        return streamed_r2(task.output.units or 1, self.key)

    def exact(self, task: Task, rows: Rows, prediction: np.ndarray) -> float:
        return regression_score("r2", rows.y.reshape(len(rows), -1), prediction)


class Cosine(Metric):
    """Cosine of the angle between several predicted numbers and the target's, in its own unit; 1 is the best."""

    name: Literal["cosine"] = "cosine"
    aliases = {"cosine_similarity": "cosine"}
    direction = "max"

    def check(self, task: Task) -> None:
        _require_numbers(self, task)

    def build(self, task: Task) -> keras.metrics.Metric:
        from keras import metrics

        return in_unit(metrics.CosineSimilarity(name=self.key), task.output)


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


def _class_count(output: Output) -> int:
    """Return how many classes there are; 0 where the file must tell."""
    return 2 if output.kind == "binary" else output.units or 0


def _refuse_numbers_and_tokens(metric: Metric, task: Task) -> None:
    if task.output.kind == "regression":
        raise ConfigError(f"{metric.name} fits classes; this target is a number. Use mae.")
    _refuse_tokens(metric, task)


def _require_numbers(metric: Metric, task: Task) -> None:
    if task.output.kind != "regression":
        raise ConfigError(f"{metric.name} fits numbers; this target is {task.output.kind}. Use accuracy.")


def _refuse_tokens(metric: Metric, task: Task) -> None:
    if task.output.kind == "tokens":
        raise ConfigError(f"{metric.name} does not fit the tokens of a text. Use bits, perplexity, accuracy or top_k.")
