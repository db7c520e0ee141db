"""The model family `svm`: support vector machines, by scikit-learn, with probabilities by Platt's method."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any, Literal

import numpy as np
from pydantic import Field, model_validator

from dlpy.components.estimator import EstimatorModel, Job, Round
from dlpy.core.errors import ConfigError, DataError
from dlpy.data.matrix import Matrix, dense
from dlpy.data.task import Output, Task
from dlpy.models._fitted import SCIKIT_LEARN, light_import, read_numbers, warnings_caught
from dlpy.models._support_vectors import FittedSvm, platt
from dlpy.storage.npz import ArraysError

_TOLERANCE = 0.1
_ITERATIONS = 20_000  # of the linear kernel, at most
_FOLDS = 5  # of the rows, for the decisions that the probabilities are fitted to
_MOST_ROWS = 50_000  # time grows with the square of the rows
_LINEAR, _RBF = {"weights": 2}, {"vectors": 2, "duals": 2, "gamma": 0}
_OF_ALL = {"intercept": 1, "slopes": 1, "offsets": 1}


class Svm(EstimatorModel):
    """Support vector machine, one for each class against the others; standardize the columns before."""

    name: Literal["svm"] = "svm"
    kernel: Literal["rbf", "linear"] = "rbf"
    """Kernel: rbf for curved boundaries between up to 50,000 rows, linear for any number, such as of texts."""
    penalty: Annotated[float, Field(gt=0)] = 1.0
    """Factor of the errors in what is minimized: scikit-learn's `C`."""
    gamma: Annotated[float, Field(gt=0)] | None = None
    """Factor of the squared distance in the rbf kernel; default: 1 / (columns x variance of all numbers)."""
    tolerance: Annotated[float, Field(ge=0)] = _TOLERANCE
    """Error that costs nothing, of a target that is a number: scikit-learn's `epsilon`."""

    @model_validator(mode="after")
    def _has_a_distance(self) -> Svm:
        if self.gamma is not None and self.kernel == "linear":
            raise ValueError("gamma is of the rbf kernel: leave it out, or set kernel: rbf")
        return self

    def check(self, task: Task) -> None:
        super().check(task)
        if task.output.has_classes and self.tolerance != _TOLERANCE:
            raise ConfigError("tolerance is an error of numbers, and this target has classes: leave it out.")

    def needs(self) -> dict[str, str]:
        return SCIKIT_LEARN

    def rounds(self, job: Job) -> Iterator[Round]:
        if self.kernel == "rbf" and job.x.shape[0] > _MOST_ROWS:
            rows = f"{job.x.shape[0]:,} rows, at most {_MOST_ROWS:,} with an rbf kernel"
            raise DataError(f"svm would take hours for {rows}: set model.kernel: linear.")
        with warnings_caught() as warnings:
            arrays = self._classes(job) if job.output.has_classes else self._number(job)
        fitted = FittedSvm(arrays, job.output)
        held_out = None if job.held_out is None else fitted.predict(job.held_out)
        yield Round(fitted, fitted.predict(job.x), held_out, " ".join(dict.fromkeys(warnings)))

    def _number(self, job: Job) -> dict[str, np.ndarray]:
        with light_import():
            from sklearn.svm import SVR, LinearSVR

        x = job.x.astype(np.float64)
        options: dict[str, Any] = {"C": self.penalty, "epsilon": self.tolerance}
        if self.kernel == "linear":
            options |= {"random_state": job.seed, "max_iter": _ITERATIONS}
        else:
            options |= {"gamma": self._gamma(x)}
        made = (LinearSVR if self.kernel == "linear" else SVR)(**options)
        made.fit(x, job.y, sample_weight=job.weight)
        one = np.ones(1)
        return self._arrays([made], x) | {"slopes": one, "offsets": 0 * one}

    def _classes(self, job: Job) -> dict[str, np.ndarray]:
        """Return one machine for each class, or for the second of two, and the sigmoid of its decisions."""
        with light_import():
            from sklearn.model_selection import StratifiedKFold

        x = job.x.astype(np.float64)
        numbers = [1] if job.output.kind == "binary" else range(job.output.class_count)
        folds = min(_FOLDS, int(np.bincount(job.y).min()))
        if folds < 2:
            raise DataError("svm needs two training rows of each class, for its probabilities: use linear.")
        divided = StratifiedKFold(folds, shuffle=True, random_state=job.seed).split(job.y, job.y)
        parts, machines, slopes, offsets = list(divided), [], [], []
        for number in numbers:
            y = (job.y == number).astype(np.int64)
            decisions = np.empty(len(y))
            for train, rest in parts:
                weight = None if job.weight is None else job.weight[train]
                part = self._machine(job, x).fit(x[train], y[train], sample_weight=weight)
                decisions[rest] = part.decision_function(x[rest])
            slope, offset = platt(decisions, y, job.weight)
            machines.append(self._machine(job, x).fit(x, y, sample_weight=job.weight))
            slopes.append(slope)
            offsets.append(offset)
        return self._arrays(machines, x) | {"slopes": np.array(slopes), "offsets": np.array(offsets)}

    def _machine(self, job: Job, x: Matrix) -> Any:
        """Return a new machine for two classes."""
        from sklearn.svm import SVC, LinearSVC

        if self.kernel == "linear":
            return LinearSVC(C=self.penalty, random_state=job.seed, max_iter=_ITERATIONS)
        kernel: Any = SVC
        return kernel(C=self.penalty, gamma=self._gamma(x))

    def _gamma(self, x: Matrix) -> float:
        """Return the factor of the squared distance, by default scikit-learn's "scale"."""
        if self.gamma is not None:
            return self.gamma
        mean = x.mean()
        variance = float(x.var() if isinstance(x, np.ndarray) else x.multiply(x).mean() - mean * mean)
        return 1 / (x.shape[1] * variance) if variance > 0 else 1.0

    def _arrays(self, machines: list[Any], x: Matrix) -> dict[str, np.ndarray]:
        intercept = np.array([float(np.ravel(machine.intercept_)[0]) for machine in machines])
        if self.kernel == "linear":
            return {"weights": np.stack([np.ravel(machine.coef_) for machine in machines]), "intercept": intercept}
        used = np.unique(np.concatenate([machine.support_ for machine in machines]))
        duals = np.zeros((len(machines), len(used)))
        for row, machine in zip(duals, machines, strict=True):
            row[np.searchsorted(used, machine.support_)] = np.ravel(dense(machine.dual_coef_))
        vectors = dense(x[used]).astype(np.float64)
        return {"vectors": vectors, "duals": duals, "gamma": np.array(self._gamma(x)), "intercept": intercept}

    def read(self, path: Path, output: Output) -> FittedSvm:
        arrays = read_numbers(path, (_LINEAR if self.kernel == "linear" else _RBF) | _OF_ALL)
        units = output.units or 1
        of_units = [arrays[name] for name in ("weights", "duals", "intercept", "slopes", "offsets") if name in arrays]
        fits = all(len(array) == units for array in of_units)
        if not fits or ("duals" in arrays and arrays["duals"].shape[1] != len(arrays["vectors"])):
            raise ArraysError("its arrays do not fit the target")
        return FittedSvm(arrays, output)
