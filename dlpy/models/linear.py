"""The model family `linear`: ridge regression and logistic regression, by scikit-learn."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Literal

import numpy as np
from pydantic import Field

from dlpy.components.estimator import EstimatorModel, Job, Round
from dlpy.data.matrix import Matrix
from dlpy.data.task import Output
from dlpy.models._fitted import (
    SCIKIT_LEARN,
    InArrays,
    light_import,
    linked,
    read_numbers,
    require_columns,
    warnings_caught,
)
from dlpy.storage.npz import ArraysError


class Linear(EstimatorModel):
    """Ridge regression for numbers, logistic regression for classes; standardize the columns before."""

    name: Literal["linear"] = "linear"
    penalty: Annotated[float, Field(ge=0)] = 1.0
    """Factor of the squared weights in what is minimized: `alpha` of scikit-learn's Ridge, 1 / `C` of its
    LogisticRegression."""
    iterations: Annotated[int, Field(gt=0)] = 1000
    """Largest number of iterations of logistic regression."""

    several_numbers = True

    def needs(self) -> dict[str, str]:
        return SCIKIT_LEARN

    def rounds(self, job: Job) -> Iterator[Round]:
        with warnings_caught() as warnings:
            fitted = FittedLinear(self._fit(job), job.output)
        held_out = None if job.held_out is None else fitted.predict(job.held_out)
        yield Round(fitted, fitted.predict(job.x), held_out, " ".join(warnings))

    def _fit(self, job: Job) -> dict[str, np.ndarray]:
        with light_import():
            from sklearn.linear_model import LogisticRegression, Ridge

        if job.output.has_classes:
            strength = 1 / self.penalty if self.penalty else np.inf
            made = LogisticRegression(C=strength, max_iter=self.iterations)
        else:
            made = Ridge(alpha=self.penalty)
        made.fit(job.x.astype(np.float64), job.y, sample_weight=job.weight)
        coefficients = np.atleast_2d(made.coef_).T
        intercept = np.broadcast_to(np.atleast_1d(made.intercept_), coefficients.shape[1:])
        return {"coefficients": coefficients, "intercept": intercept.astype(np.float64)}

    def read(self, path: Path, output: Output) -> FittedLinear:
        arrays = read_numbers(path, {"coefficients": 2, "intercept": 1})
        if arrays["intercept"].shape != (output.units,) or arrays["coefficients"].shape[1] != output.units:
            raise ArraysError("its coefficients do not fit the target")
        return FittedLinear(arrays, output)


class FittedLinear(InArrays):
    """Weights of the columns (columns, units), and an intercept (units,)."""

    def __init__(self, arrays: dict[str, np.ndarray], output: Output) -> None:
        super().__init__(arrays)
        self._output = output

    def predict(self, x: Matrix) -> np.ndarray:
        coefficients = self.arrays["coefficients"]
        require_columns(x.shape[1], len(coefficients))
        return linked(np.asarray(x.astype(np.float64) @ coefficients) + self.arrays["intercept"], self._output)
