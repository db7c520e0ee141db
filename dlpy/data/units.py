"""Standardized numbers and their scores turned back into what the target is measured in."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import numpy as np

from dlpy.data.task import Output
from dlpy.scores.regression_scores import SCORES, regression_score

_POWERS = {"mae": 1, "rmse": 1, "mse": 2}  # of the scale, by the score; the others are logged in the target's unit


def own_numbers(numbers: np.ndarray, output: Output) -> np.ndarray:
    """Return targets or predictions in the target's own unit."""
    if (output.scale, output.offset) == (1.0, 0.0):
        return numbers
    return (numbers * output.scale + output.offset).astype(np.float32)


def has_unit(output: Output) -> bool:
    """Return whether scores are also shown in a unit of the target's own."""
    return output.kind == "regression" and (output.scale != 1.0 or output.unit != "")


def own_scores(scores: Mapping[str, object], output: Output, names: Mapping[str, str]) -> dict[str, float]:
    """Return the scores that metrics gave in the target's own unit; other entries, a loss among them, are left out.

    Args:
        scores: by key, those of validation rows with "val_" before it.
        output: the target.
        names: of the metrics, by key, such as {"error": "mae"}.
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
    """Return those of the named scores that there are for numbers, from targets and predictions in their own unit."""
    shape = (len(target), -1)
    own = [own_numbers(numbers, output).reshape(shape) for numbers in (target, prediction)]
    return {name: regression_score(name, own[0], own[1]) for name in dict.fromkeys(names) if name in SCORES}
