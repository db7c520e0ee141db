"""How much each class counts in training, by its name or its number."""

from __future__ import annotations

import math

import numpy as np

from dlpy.core.errors import ConfigError, did_you_mean
from dlpy.data.task import Output, Task

_MOST_NAMES = 12  # on the line of an error

ClassWeight = str | dict[str, float] | None  # "balanced", or weights by class


def check_class_weight(weight: ClassWeight, task: Task) -> None:
    """Raise ConfigError where the weights' classes are not the target's, or where it is not clear which are meant."""
    if weight is None:
        return
    if task.output.kind == "regression":
        raise ConfigError("class_weight fits classes; this target is a number.")
    if task.output.kind == "tokens":
        raise ConfigError("class_weight fits classes; a text's tokens all count the same.")
    if isinstance(weight, dict):
        if not all(0 <= value < math.inf for value in weight.values()):
            raise ConfigError("the weight of a class must be a finite number, 0 or more.")
        count = len(task.output.classes) if task.output.kind == "binary" else task.output.units
        if count:  # else only the file tells
            _check_keys(weight, task.output, count)


def weights_of_rows(chosen: str | dict[str, float], labels: np.ndarray, output: Output) -> np.ndarray:
    """Return how much each row counts by its class: (rows,) float32.

    Args:
        labels: (rows,) class numbers.
    """
    counts = np.bincount(labels, minlength=2 if output.kind == "binary" else output.units or 0)
    if isinstance(chosen, str):  # balanced
        weights = len(labels) / (len(counts) * np.maximum(counts, 1))
    else:
        weights = weights_by_class(chosen, output, len(counts))
    return weights.astype(np.float32)[labels]


def weights_by_class(weight: dict[str, float], output: Output, count: int) -> np.ndarray:
    """Return how much each of `count` classes counts: (classes,) float64, 1 where nothing is said.

    Raises:
        ConfigError: there is no such class.
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
            reason = "some classes are called like the numbers of others"
            raise ConfigError(f"no class is called '{key}', and {reason}: use the names {_listed(output.classes)}.")
        if key not in known:
            raise ConfigError(f"there is no class '{key}'.{did_you_mean(key, known)}")
    for position, key in enumerate(weight):
        for other in list(weight)[:position]:
            if known[key] == known[other]:
                raise ConfigError(f"'{other}' and '{key}' are the same class: keep one of them.")


def _numbers_by_key(output: Output, count: int) -> dict[str, int]:
    """Return the number of the class that each key stands for.

    A name wins over a number. Where a class is called like the number of another one, a number could be read as
    either, so that only names are known.
    """
    numbers = {str(number): number for number in range(count)}
    names = {name: number for number, name in enumerate(output.classes)}
    ambiguous = any(numbers.get(name, number) != number for name, number in names.items())
    return names if ambiguous else numbers | names


def _listed(names: tuple[str, ...]) -> str:
    more = f" and {len(names) - _MOST_NAMES:,} more" if len(names) > _MOST_NAMES else ""
    return ", ".join(f"'{name}'" for name in names[:_MOST_NAMES]) + more
