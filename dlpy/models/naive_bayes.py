"""The model family `naive_bayes`: columns that are independent within a class, by scikit-learn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from dlpy.components.estimator import EstimatorModel, Job, Round
from dlpy.core.errors import DataError
from dlpy.data.matrix import Matrix, dense
from dlpy.data.task import Output
from dlpy.models._fitted import SCIKIT_LEARN, InArrays, light_import, read_numbers, require_columns
from dlpy.scores.links import softmax
from dlpy.storage.npz import ArraysError

_OF_COUNTS = {"weights": 2, "intercept": 1, "binarize": 0}
_OF_NUMBERS = {"means": 2, "variances": 2, "intercept": 1}


class NaiveBayes(EstimatorModel):
    """Naive Bayes: the columns of a row are taken to be independent, given its class."""

    name: Literal["naive_bayes"] = "naive_bayes"
    kind: Literal["auto", "gaussian", "multinomial", "bernoulli"] = "auto"
    """Distribution of a column within a class: gaussian for numbers, multinomial for counts of words, bernoulli for
    whether a number is above 0; auto: multinomial for bags of words, otherwise gaussian."""
    smoothing: Annotated[float, Field(gt=0)] = 1.0
    """Added to the counts of each class; of multinomial and bernoulli."""

    targets = ("binary", "multiclass", "ordinal")

    @model_validator(mode="after")
    def _smooths_counts(self) -> NaiveBayes:
        if self.kind == "gaussian" and "smoothing" in self.model_fields_set and self.smoothing != 1.0:
            raise ValueError("smoothing is of counts, and gaussian has none: leave it out")
        return self

    def needs(self) -> dict[str, str]:
        return SCIKIT_LEARN

    def rounds(self, job: Job) -> Iterator[Round]:
        kind = self.kind
        if kind == "auto":
            kind = "gaussian" if isinstance(job.x, np.ndarray) else "multinomial"
        if kind == "multinomial" and job.x.min() < 0:
            raise DataError("naive_bayes of kind multinomial needs counts, and a number is below 0: use gaussian.")
        arrays = self._numbers(job) if kind == "gaussian" else self._counts(job, binarize=kind == "bernoulli")
        fitted = FittedBayes(arrays, job.output)
        held_out = None if job.held_out is None else fitted.predict(job.held_out)
        yield Round(fitted, fitted.predict(job.x), held_out)

    def _numbers(self, job: Job) -> dict[str, np.ndarray]:
        with light_import():
            from sklearn.naive_bayes import GaussianNB

        made = GaussianNB().fit(dense(job.x).astype(np.float64), job.y, sample_weight=job.weight)
        return {"means": made.theta_, "variances": made.var_, "intercept": np.log(made.class_prior_)}

    def _counts(self, job: Job, *, binarize: bool) -> dict[str, np.ndarray]:
        with light_import():
            from sklearn.naive_bayes import BernoulliNB, MultinomialNB

        made: Any = (BernoulliNB if binarize else MultinomialNB)(alpha=self.smoothing)
        made.fit(job.x.astype(np.float64), job.y, sample_weight=job.weight)
        weights, intercept = made.feature_log_prob_, made.class_log_prior_
        if binarize:
            absent = np.log1p(-np.exp(weights))
            weights, intercept = weights - absent, intercept + absent.sum(axis=1)
        return {"weights": weights, "intercept": intercept, "binarize": np.array(int(binarize))}

    def read(self, path: Path, output: Output) -> FittedBayes:
        try:
            arrays = read_numbers(path, _OF_COUNTS)
        except ArraysError:
            arrays = read_numbers(path, _OF_NUMBERS)
        shapes = {array.shape for array in arrays.values() if array.ndim == 2}
        if len(shapes) != 1 or next(iter(shapes))[0] != output.class_count != len(arrays["intercept"]):
            raise ArraysError("its arrays do not fit the target")
        if (arrays.get("variances", np.ones(1)) <= 0).any():
            raise ArraysError("a variance is not above 0")
        return FittedBayes(arrays, output)


class FittedBayes(InArrays):
    """The logarithm of a class's share, and what each column adds to it.

    intercept: (classes,). Of counts, weights: (classes, columns). Of numbers, means and variances: (classes, columns).
    """

    def __init__(self, arrays: dict[str, np.ndarray], output: Output) -> None:
        super().__init__(arrays)
        self._output = output

    def predict(self, x: Matrix) -> np.ndarray:
        known = self.arrays["weights" if "weights" in self.arrays else "means"]
        require_columns(x.shape[1], known.shape[1])
        sums = self._of_counts(x) if "weights" in self.arrays else self._of_numbers(dense(x).astype(np.float64))
        probability = softmax(sums + self.arrays["intercept"]).astype(np.float32)
        return probability[:, 1:] if self._output.kind == "binary" else probability

    def _of_counts(self, x: Matrix) -> np.ndarray:
        x = (x > 0) if self.arrays["binarize"] else x
        return np.asarray(x.astype(np.float64) @ self.arrays["weights"].T)

    def _of_numbers(self, x: np.ndarray) -> np.ndarray:
        pairs = zip(self.arrays["means"], self.arrays["variances"], strict=True)
        terms = (np.log(2 * np.pi * spread) + np.square(x - mean) / spread for mean, spread in pairs)
        return np.stack([-0.5 * term.sum(axis=1) for term in terms], axis=1)
