"""Metrics of predicted classes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Literal

import numpy as np
from pydantic import Field

from dlpy.components.objectives import Metric
from dlpy.core.errors import ConfigError
from dlpy.data.rows import Rows
from dlpy.data.task import Task
from dlpy.data.validate import class_numbers
from dlpy.metrics._checks import class_count, refuse_numbers_and_tokens
from dlpy.metrics._keras_class_metrics import class_counts, streamed_area
from dlpy.scores.class_scores import areas, class_probabilities, mean_of_defined

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
        refuse_numbers_and_tokens(self, task)
        if output.kind == "multiclass" and self.threshold != 0.5:
            raise ConfigError("threshold is for a binary target; of several classes the likeliest one counts.")
        if self.class_id is not None and self.average != "auto":
            raise ConfigError("class_id is one class, average all of them: leave one of the two out.")
        count = class_count(output)
        if self.class_id is not None and count and self.class_id >= count:
            raise ConfigError(f"class_id: {self.class_id} is not one of the {count} classes 0 to {count - 1}.")

    def build(self, task: Task) -> keras.metrics.Metric:
        average = self.average
        if average == "auto":
            average = 1 if task.output.kind == "binary" else "macro"
        how = average if self.class_id is None else self.class_id
        return class_counts()(self.name, class_count(task.output), how, threshold=self.threshold, name=self.key)


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
        refuse_numbers_and_tokens(self, task)

    def build(self, task: Task) -> keras.metrics.Metric:
        multi_label = task.output.kind == "multiclass"
        return streamed_area()(self.num_thresholds, curve=self.curve, multi_label=multi_label, name=self.key)

    def exact(self, task: Task, rows: Rows, prediction: np.ndarray) -> float:
        found = areas(class_numbers(rows, task.output), class_probabilities(prediction), self.curve)
        return float(found[1]) if task.output.kind == "binary" else mean_of_defined(found)
