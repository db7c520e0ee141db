"""Class weights for the training loss, by class name or number."""

from __future__ import annotations

import math

import numpy as np

from dlpy.core.errors import ConfigError, did_you_mean
from dlpy.data.task import Output, Task

_MOST_NAMES = 12  # in an error message

ClassWeight = str | dict[str, float] | None  # "balanced", or weights by class


def check_class_weight(weight: ClassWeight, task: Task) -> None:
    """Raise ConfigError if the weights name classes that the target lacks, or name them ambiguously."""
    if weight is None:
        return
    if task.output.kind == "regression":
        raise ConfigError("class_weight needs classes; this target is a number.")
    if task.output.kind == "multilabel":
        raise ConfigError("class_weight needs rows of one class each; this target is multilabel.")
    if task.output.kind == "tokens":
        raise ConfigError("class_weight needs classes; the tokens of a text cannot be weighted.")
    if isinstance(weight, dict):
        if not all(0 <= value < math.inf for value in weight.values()):
            raise ConfigError("the weight of a class must be a finite number, 0 or more.")
        count = len(task.output.classes) if task.output.kind == "binary" else task.output.units
        if count:  # else it is known only once the data is loaded
            _check_keys(weight, task.output, count)


def weights_of_rows(chosen: str | dict[str, float], labels: np.ndarray, output: Output) -> np.ndarray:
    """Return the weight of each row, that of its class: (rows,) float32.

    Args:
        labels: (rows,) class numbers.
    """
    counts = np.bincount(labels, minlength=output.class_count)
    if isinstance(chosen, str):  # balanced
        weights = len(labels) / (len(counts) * np.maximum(counts, 1))
    else:
        weights = weights_by_class(chosen, output, len(counts))
    return weights.astype(np.float32)[labels]


def weights_by_class(weight: dict[str, float], output: Output, count: int) -> np.ndarray:
    """Return the weight of each of `count` classes: (classes,) float64, 1 where none is given.

    Raises:
        ConfigError: a weight is given for an unknown class.
    """
    _check_keys(weight, output, count)
    numbers = _numbers_by_key(output, count)
    found = np.ones(count)
    for key, value in weight.items():
        found[numbers[key]] = value
    return found


def _check_keys(weight: dict[str, float], output: Output, count: int) -> None:
    known = _numbers_by_key(output, count)
    for key in weight:
        if key not in known and key in map(str, range(count)):
            reason = "some classes are named like the numbers of others"
            raise ConfigError(f"no class is called '{key}', and {reason}: use the names {_listed(output.classes)}.")
        if key not in known:
            raise ConfigError(f"there is no class '{key}'.{did_you_mean(key, known)}")
    for position, key in enumerate(weight):
        for other in list(weight)[:position]:
            if known[key] == known[other]:
                raise ConfigError(f"'{other}' and '{key}' are the same class: keep one of them.")


def _numbers_by_key(output: Output, count: int) -> dict[str, int]:
    """Return the class number of each valid key.

    Names take precedence over numbers. If the name of a class is the number of another class, numbers are ambiguous
    and only names are valid.
    """
    numbers = {str(number): number for number in range(count)}
    names = {name: number for number, name in enumerate(output.classes)}
    ambiguous = any(numbers.get(name, number) != number for name, number in names.items())
    return names if ambiguous else numbers | names


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _MOST_NAMES:,} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(f"'{name}'" for name in names[:_MOST_NAMES]) + more
