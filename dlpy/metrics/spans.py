"""The F1 score of spans, such as names, that the tags of words mark."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from dlpy.components.objectives import Metric
from dlpy.core.errors import ConfigError
from dlpy.data.rows import Rows
from dlpy.data.steps import ROW, STRIDE
from dlpy.data.task import Task
from dlpy.data.validate import class_numbers
from dlpy.metrics._keras_span_metrics import streamed_spans
from dlpy.scores.class_scores import class_probabilities
from dlpy.scores.spans import Scheme, scheme_of, span_counts
from dlpy.scores.weighted import OfMeans, Weighted

if TYPE_CHECKING:
    import keras


class SpanF1(Metric):
    """F1 score of spans: a predicted one is right if it begins and ends at the words of a true one of the same kind.

    Tags such as B-PER and I-PER mark them. It is exact for held-out rows (validation, test, folds) and approximate for
    training rows, where a span may go on from the last word of a row to the first of the next one.
    """

    name: Literal["span_f1"] = "span_f1"
    aliases = {"entity_f1": "span_f1"}
    direction = "max"

    @property
    def needs(self) -> str:
        return "a span, or a predicted one"

    def check(self, task: Task) -> None:
        output = task.output
        if not output.is_per_step or output.kind not in ("multiclass", "binary"):
            raise ConfigError("span_f1 needs a tag for each word, as tagged_words reads them. Use f1.")
        if output.classes and scheme_of(output.classes) is None:
            told = ", ".join(output.classes[:4])
            raise ConfigError(f"span_f1 needs tags that mark spans, such as B-PER, I-PER and O, not {told}. Use f1.")

    def build(self, task: Task) -> keras.metrics.Metric:
        return streamed_spans()(_scheme(task), name=self.key)

    def exact(self, task: Task, rows: Rows, prediction: np.ndarray) -> float:
        return float(self.weighted(task, rows, prediction).of(np.ones((1, len(rows))))[0])

    def weighted(self, task: Task, rows: Rows, prediction: np.ndarray) -> Weighted:
        row = rows.columns[ROW] if ROW in rows.columns else rows.index // STRIDE
        said = class_probabilities(prediction).argmax(axis=1)
        counts = span_counts(class_numbers(rows, task.output), said, row, _scheme(task))
        return OfMeans(counts, _f1)


def _f1(means: np.ndarray) -> np.ndarray:
    """Return F1 of the mean numbers of true, predicted and right spans, (..., 3); NaN without spans."""
    whole = means[..., 0] + means[..., 1]
    return np.where(whole > 0, 2 * means[..., 2] / np.where(whole > 0, whole, 1), np.nan)


def _scheme(task: Task) -> Scheme:
    found = scheme_of(task.output.classes)
    if found is None:
        raise ConfigError("span_f1 needs tags that mark spans, such as B-PER, I-PER and O. Use f1.")
    return found
