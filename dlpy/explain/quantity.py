"""The one number of a prediction that is explained: a probability, or a number in the target's own unit."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from dlpy.core.errors import ConfigError, did_you_mean
from dlpy.data.task import TARGET, Output, Task
from dlpy.data.units import own_tensor
from dlpy.explain.predictor import Numbers
from dlpy.runs.results import class_names
from dlpy.scores.class_scores import class_probabilities


@dataclass(frozen=True)
class Quantity:
    """A column of the predictions of an output.

    place: the number of the class, the label, or the number. name: what it is, in words.
    """

    output_name: str
    output: Output
    place: int
    name: str

    def of(self, numbers: Numbers) -> np.ndarray:
        """Return the explained number of each row: (rows,) float64."""
        return columns_of_output(numbers[self.output_name], self.output)[:, self.place]

    def of_tensor(self, prediction: Any) -> Any:
        """Return the explained number of each row of a network's output (rows, units), as a tensor."""
        if self.output.kind == "regression":
            return own_tensor(prediction, self.output)[:, self.place]
        if self.output.kind == "binary":
            return prediction[:, 0] if self.place else 1 - prediction[:, 0]
        return prediction[:, self.place]


def columns_of_output(prediction: np.ndarray, output: Output) -> np.ndarray:
    """Return the probability of each class or label, or the numbers: (rows, columns) float64."""
    numbers = prediction.astype(np.float64)
    return class_probabilities(numbers) if output.has_classes else numbers


def output_named(task: Task, wanted: str | None) -> str:
    """Return the name of the output to explain: the only one, the first, or the one that is asked for."""
    if wanted is None:
        return next(iter(task.outputs))
    if wanted not in task.outputs:
        raise ConfigError(f"--target {wanted}: there is no such target.{did_you_mean(wanted, task.outputs)}")
    return wanted


def quantity_of(task: Task, target: str | None, wanted: str | None, typical: Numbers) -> Quantity:
    """Return what is explained: the wanted class, or the one that is predicted most probable.

    Args:
        target: name of the output; None for the first.
        wanted: name of the class or label; None for the most probable one.
        typical: predictions whose mean decides which class is the most probable.

    Raises:
        ConfigError: there is no such output or class.
    """
    name = output_named(task, target)
    output = task.outputs[name]
    columns = columns_of_output(typical[name], output)
    if output.kind == "regression":
        if wanted is not None:
            raise ConfigError(f"--class {wanted}: the target is a number, it has no classes.")
        return Quantity(name, output, 0, _number_name(name, output))
    names = class_names(output, columns.shape[1])
    if wanted is not None and wanted not in names:
        raise ConfigError(f"--class {wanted}: there is no such class.{did_you_mean(wanted, names)}")
    place = int(columns.mean(axis=0).argmax()) if wanted is None else names.index(wanted)
    return Quantity(name, output, place, f"probability of {names[place]}")


def _number_name(name: str, output: Output) -> str:
    name = "prediction" if name == TARGET else name
    first = " (the first number)" if (output.units or 1) > 1 else ""
    return f"{name} in {output.unit}{first}" if output.unit else f"{name}{first}"
