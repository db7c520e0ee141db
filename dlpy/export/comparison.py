"""How far the answers of an exported network are from dlpy's predictions, and what that costs in scores."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from dlpy.core.errors import ConfigError
from dlpy.data.quantiles import medians
from dlpy.data.rows import Rows
from dlpy.data.steps import counted, counted_predictions
from dlpy.data.task import Output, Task
from dlpy.data.validate import class_numbers
from dlpy.training.answers import own_targets

Answers = Mapping[str, np.ndarray]

MOST = 1e-5  # of a probability, or of the spread of predicted numbers
_ROUNDING = 2.0**-21  # of float32, in numbers that are far from 0


@dataclass(frozen=True)
class Checked:
    """Rows as the model takes them, what dlpy predicts for them in the target's own unit, and their task."""

    rows: Rows
    wanted: dict[str, np.ndarray]
    task: Task

    def difference(self, found: Answers) -> float:
        """Return the largest difference of any answer: of a probability, or of a number in parts of its spread.

        The spread is the larger of the standard deviations of the predictions and of the target.

        Raises:
            ConfigError: the answers have another shape.
        """
        return max(float(np.max(self._distances(name, found[name]), initial=0.0)) for name in self.wanted)

    def agrees(self, found: Answers) -> bool:
        """Return whether no answer differs by more than `MOST`, or by the rounding of numbers far from 0."""
        return all(self._agrees(name, found[name]) for name in self.wanted)

    def _agrees(self, name: str, found: np.ndarray) -> bool:
        rounding = _ROUNDING * np.abs(self._counted(name, self.wanted[name])) / self._spread(name)
        return bool((self._distances(name, found) <= MOST + rounding).all())

    def _distances(self, name: str, found: np.ndarray) -> np.ndarray:
        wanted = self.wanted[name]
        if found.shape != wanted.shape:
            raise ConfigError(
                f"the exported network's answers for '{name}' have shape {found.shape}, not {wanted.shape}"
            )
        one, other = self._counted(name, wanted).astype(np.float64), self._counted(name, found)
        distances = np.abs(one - other) / self._spread(name)
        return np.where(np.isnan(one) & np.isnan(other), 0.0, np.where(np.isnan(distances), np.inf, distances))

    def _spread(self, name: str) -> float:
        output = self.task.outputs[name]
        if output.kind != "regression":
            return 1.0
        return max(float(np.nanstd(self.wanted[name])), abs(output.scale) if output.log_of_sum is None else 0.0)

    def _counted(self, name: str, answers: np.ndarray) -> np.ndarray:
        """Return the answers of the steps that count, or of all rows."""
        output = self.task.outputs[name]
        return counted_predictions(self.rows, name, output, answers) if output.is_per_step else answers

    def scores(self, found: Answers) -> dict[str, float]:
        """Return the accuracy of each output with classes, and the MAE of each with numbers, by name."""
        return dict(self._score(name, found[name]) for name in self.wanted if self.task.outputs[name].has_answers)

    def _score(self, name: str, found: np.ndarray) -> tuple[str, float]:
        output = self.task.outputs[name]
        prefix = f"{name}_" if len(self.task.outputs) > 1 else ""
        rows = counted(self.rows, name, output)
        answers = counted_predictions(self.rows, name, output, found)
        if output.kind == "regression":
            truth = own_targets(self.task, {name: rows.targets[name]}, rows)[name]
            numbers = medians(answers, output)
            return f"{prefix}mae", float(np.mean(np.abs(numbers.reshape(len(rows), -1) - truth.reshape(len(rows), -1))))
        right = _decided(answers, output) == _truth(rows, name, output)
        return f"{prefix}accuracy", float(np.mean(right))


def _decided(answers: np.ndarray, output: Output) -> np.ndarray:
    if output.kind in ("binary", "multilabel"):
        return (answers > 0.5).astype(np.int64).reshape(len(answers), -1)
    return answers.argmax(axis=-1)


def _truth(rows: Rows, name: str, output: Output) -> np.ndarray:
    if output.kind == "multilabel":
        return rows.targets[name].astype(np.int64)
    numbers = class_numbers(rows.of_target(name), output)
    return numbers[:, None] if output.kind == "binary" else numbers
