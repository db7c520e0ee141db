"""The base class of classic model families: estimators that are fitted to all training rows at once, without Keras."""

from __future__ import annotations

import importlib.util
import os
import sys
from abc import ABC, abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

import numpy as np

from dlpy.components.model import Model, keep_methods_to
from dlpy.core.errors import ConfigError
from dlpy.data.matrix import Matrix
from dlpy.data.task import Kind, Output, Task

if TYPE_CHECKING:
    import keras


_FEW_CELLS = 500_000


@dataclass(frozen=True)
class Job:
    """What an estimator is fitted to.

    x: (rows, columns) float32, an array or a CSR matrix. y: (rows,) class numbers as int64, or (rows, units) float64.
    weight: (rows,) float64, or None if all rows count the same. output: the target. seed: of everything random.
    threads: the number to compute with. held_out: x of the validation rows, if there are any.
    """

    x: Matrix
    y: np.ndarray
    weight: np.ndarray | None
    output: Output
    seed: int
    threads: int
    held_out: Matrix | None = None


class Fitted(ABC):
    """A fitted estimator: it predicts, and is kept in one file, without pickle."""

    file: ClassVar[str]  # the name of that file in a checkpoint: one of FILES in dlpy/runs/checkpoint_files.py

    @abstractmethod
    def predict(self, x: Matrix) -> np.ndarray:
        """Return numbers or probabilities: (rows, units) float32. One column is the probability of the second class."""

    @abstractmethod
    def save(self, path: Path) -> None:
        """Write the file."""

    @property
    @abstractmethod
    def parameters(self) -> int:
        """How many numbers were learnt."""


@dataclass(frozen=True)
class Round:
    """An estimator after a round of fitting, and its predictions: (rows, units).

    held_out: those for the validation rows, if there are any.
    """

    fitted: Fitted
    train: np.ndarray
    held_out: np.ndarray | None
    note: str = ""  # a line for the user


class EstimatorModel(Model):
    """A classic family, fitted by another package. `rounds`, `read` and `needs` must be defined.

    An estimator that is fitted at once has one round, which is the run's only epoch; one that grows, such as boosting,
    has one for each step that can be scored. The best round is kept beside the last.
    """

    gives_features = False
    targets: ClassVar[tuple[Kind, ...]] = ("binary", "multiclass", "ordinal", "regression")
    several_numbers: ClassVar[bool] = False  # whether a target may be several numbers
    counts: ClassVar[bool] = False  # whether a target may be a count, of which the expected number is predicted

    def needs(self) -> dict[str, str]:
        """Return the modules that must be installed, with the names of their packages."""
        raise self.lacks("needs")

    def rounds(self, job: Job) -> Iterator[Round]:
        """Yield the estimator after each round of fitting."""
        raise self.lacks("rounds")

    def read(self, path: Path, output: Output) -> Fitted:
        """Return the estimator that `Fitted.save` wrote.

        Raises:
            ArraysError, ValueError: the file is damaged.
        """
        raise self.lacks("read")

    @property
    def most_rounds(self) -> int:
        """How many rounds there are at most."""
        return 1

    def patience(self) -> int | None:
        """Return after how many rounds without a better validation loss fitting ends; None: never."""
        return None

    def shortened(self, rounds: int) -> EstimatorModel:
        """Return the family limited to a number of rounds."""
        return self

    def require_packages(self) -> None:
        """Raise ConfigError if a package is missing; none is imported."""
        for module, package in self.needs().items():
            found = sys.modules[module] if module in sys.modules else importlib.util.find_spec(module)
            if found is None:
                hint = "pip install 'dlpy[classic]'"
                raise ConfigError(f"{self.name} needs {package}, which is not installed: {hint}")

    def check(self, task: Task) -> None:
        given, output = task.input, task.output
        if given.kind in ("sequence", "text"):
            first = "" if given.kind == "sequence" else "'tokenize' and "
            raise ConfigError(f"{self.name} needs flat rows, not {given}: add {first}'multi_hot' to data.transforms.")
        if len(given.shape) > 2:
            hint = "{name: reshape, shape: [-1]}"
            raise ConfigError(f"{self.name} needs flat rows, not {given}: add {hint} to data.transforms.")
        if output.kind not in (*self.targets, "unknown"):
            known = ", ".join(self.targets)
            raise ConfigError(f"{self.name} does not fit a {output.kind} target, only {known}: use dense.")
        if output.has_missing:
            raise ConfigError(f"{self.name} needs the target of every row, and some are missing: use dense.")
        if output.from_last:
            raise ConfigError(f"{self.name} forecasts the value, not a difference: set data.difference: false.")
        if output.kind == "regression" and (output.units or 1) > 1 and not self.several_numbers:
            raise ConfigError(f"{self.name} predicts one number, not {output.units}: use linear or random_forest.")
        if output.is_count and not self.counts:
            raise ConfigError(f"{self.name} does not predict counts: use boosting, or task: regression.")

    def build(self, task: Task) -> keras.Model:
        raise ConfigError(f"{self.name} is no neural network: it has no layers.")


keep_methods_to(EstimatorModel)


def threads_for(x: Matrix) -> int:
    """Return how many threads to compute with: $OMP_NUM_THREADS, or the processors of this process.

    Few rows are computed in one thread: where other processes are busy too, threads wait for each other for seconds.
    """
    if x.shape[0] * x.shape[1] < _FEW_CELLS:
        return 1
    given = os.environ.get("OMP_NUM_THREADS", "")
    if given.isdecimal() and int(given) > 0:
        return int(given)
    return len(os.sched_getaffinity(0)) if sys.platform == "linux" else os.cpu_count() or 1
