"""Conversion of standardized numbers and their scores back to the unit of the target."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from dlpy.data.task import Output
from dlpy.scores.regression_scores import SCORES, regression_score

_POWERS = {"mae": 1, "rmse": 1, "mse": 2}  # power of the scale; other scores are logged in the target's unit


def own_numbers(numbers: np.ndarray, output: Output) -> np.ndarray:
    """Return targets or predictions in the original unit of the target."""
    if (output.scale, output.offset) == (1.0, 0.0):
        return numbers
    return (numbers * output.scale + output.offset).astype(np.float32)


def has_unit(output: Output) -> bool:
    """Return whether scores are also shown in the original unit of the target."""
    return output.kind == "regression" and (output.scale != 1.0 or output.unit != "")


def own_scores(scores: Mapping[str, object], output: Output, names: Mapping[str, str]) -> dict[str, float]:
    """Return the metrics converted to the original unit of the target; other entries, such as the loss, are omitted.

    Args:
        scores: scores by key, with the prefix "val_" for validation rows.
        output: the target.
        names: names of the metrics by key, such as {"error": "mae"}.
    """
    known = {**{name: name for name in _POWERS}, **names}
    found = {}
    for key, value in scores.items():
        name = known.get(key.removeprefix("val_"))
        if name in SCORES and isinstance(value, float):
            found[key] = value * output.scale ** _POWERS.get(name, 0)
    return found


def scores_in_unit(
    target: np.ndarray, prediction: np.ndarray, output: Output, names: Iterable[str]
) -> dict[str, float]:
    """Return the named regression scores of targets and predictions in the original unit."""
    shape = (len(target), -1)
    own = [own_numbers(numbers, output).reshape(shape) for numbers in (target, prediction)]
    return {name: regression_score(name, own[0], own[1]) for name in dict.fromkeys(names) if name in SCORES}
