"""Conversion of standardized numbers and their scores back to the unit of the target."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np

from dlpy.core.errors import ConfigError
from dlpy.data.rows import SERIES_OFFSET, SERIES_SCALE, Rows
from dlpy.data.task import Output, Task
from dlpy.scores.regression_scores import SCORES, best_constant, regression_score

_POWERS = {"mae": 1, "rmse": 1, "mse": 2}  # power of the scale; other scores are logged in the target's unit


def own_numbers(numbers: np.ndarray, output: Output) -> np.ndarray:
    """Return targets or predictions in the original unit of the target."""
    if not is_changed(output):
        return numbers
    scaled = numbers * output.scale + output.offset
    if output.log_of_sum is not None:
        with np.errstate(over="ignore"):  # an infinite prediction is reported as such
            scaled = np.exp(scaled.astype(np.float64)) - output.log_of_sum
    return scaled.astype(np.float32)


def own_of_rows(numbers: np.ndarray, output: Output, rows: Rows) -> np.ndarray:
    """Return targets or predictions of rows, (rows,) or (rows, units), in the original unit of the target."""
    if output.by_series:
        shape = (len(rows), *[1] * (numbers.ndim - 1))
        scale, offset = (rows.columns[name].reshape(shape) for name in (SERIES_SCALE, SERIES_OFFSET))
        numbers = (numbers * scale + offset).astype(np.float32)
    return own_numbers(numbers, output)


def refuse_own_scales(name: str, task: Task) -> None:
    """Raise ConfigError for a score that needs the target's own unit if each of several series has its own scale."""
    if task.output.by_series:
        raise ConfigError(f"{name} needs the target's own unit, and each series has a scale of its own: use mae.")


def own_tensor(numbers: Any, output: Output) -> Any:
    """Return tensors of targets or predictions in the original unit of the target."""
    if not is_changed(output):
        return numbers
    scaled = numbers * output.scale + output.offset
    if output.log_of_sum is None:
        return scaled
    from keras import ops

    return ops.exp(scaled) - output.log_of_sum


def as_seen(numbers: np.ndarray, output: Output) -> np.ndarray:
    """Return numbers in the target's original unit as the model sees them: the inverse of `own_numbers`."""
    if output.log_of_sum is not None:
        numbers = np.log(numbers + output.log_of_sum)
    return (numbers - output.offset) / output.scale


def is_changed(output: Output) -> bool:
    """Return whether targets were transformed, so that they are not in their original unit."""
    return (output.scale, output.offset) != (1.0, 0.0) or output.log_of_sum is not None


def has_unit(output: Output) -> bool:
    """Return whether scores are also shown in the original unit of the target."""
    changed = output.scale != 1.0 or output.log_of_sum is not None or output.by_series
    return output.kind == "regression" and (changed or output.unit != "")


def own_scores(scores: Mapping[str, object], output: Output, names: Mapping[str, str]) -> dict[str, float]:
    """Return the metrics converted to the original unit of the target; other entries, such as the loss, are omitted.

    Scores of logarithms, and of several series with scales of their own, are not convertible: none is returned.

    Args:
        scores: scores by key, with the prefix "val_" for validation rows.
        output: the target.
        names: names of the metrics by key, such as {"error": "mae"}.
    """
    if output.log_of_sum is not None or output.by_series:
        return {}
    known = {**{name: name for name in _POWERS}, **names}
    found = {}
    for key, value in scores.items():
        name = known.get(key.removeprefix("val_"))
        if name in SCORES and isinstance(value, float):
            found[key] = value * output.scale ** _POWERS.get(name, 0)
    return found


def scores_in_unit(rows: Rows, prediction: np.ndarray, output: Output, names: Iterable[str]) -> dict[str, float]:
    """Return the named regression scores of predictions for rows in the original unit of the only target."""
    own = [own_of_rows(numbers, output, rows).reshape(len(rows), -1) for numbers in (rows.y, prediction)]
    return {name: regression_score(name, own[0], own[1]) for name in dict.fromkeys(names) if name in SCORES}


def constants_in_unit(known: np.ndarray, wanted: np.ndarray, output: Output, names: Iterable[str]) -> dict[str, float]:
    """Return the named regression scores, in the original unit, of the constants that are best by each.

    Args:
        known: targets of the training rows, as the model sees them, which the constants are fitted on.
        wanted: targets of the rows that are scored.
        output: the target.
        names: of the scores; others, such as losses that are none, are left out.
    """
    known, wanted = (own_numbers(numbers, output).reshape(len(numbers), -1) for numbers in (known, wanted))
    found = {}
    for name in dict.fromkeys(names):
        if name in SCORES:
            guess = np.broadcast_to(best_constant(name, known, np.ones(len(known))), wanted.shape)
            found[name] = regression_score(name, wanted, guess)
    return {name: score for name, score in found.items() if np.isfinite(score)}
