"""Standardized numbers turned back into what the target is measured in."""

from __future__ import annotations

import numpy as np

from dlpy.data import Output

_POWERS = {"mae": 1, "rmse": 1, "mse": 2}  # of the scale, by the score


def own_numbers(numbers: np.ndarray, output: Output) -> np.ndarray:
    """Return targets or predictions in the target's own unit."""
    if (output.scale, output.offset) == (1.0, 0.0):
        return numbers
    return (numbers * output.scale + output.offset).astype(np.float32)


def own_scores(scores: dict, output: Output, loss: str) -> dict[str, float]:
    """Return the errors among the scores in the target's own unit.

    Args:
        scores: by name, those of validation rows with "val_" before it; other entries are left out.
        output: the target.
        loss: the name of the loss, under which "loss" is found again.
    """
    found = {}
    for key, value in scores.items():
        name = f"{key.removesuffix('loss')}{loss}" if key in ("loss", "val_loss") else key
        power = _POWERS.get(name.removeprefix("val_"))
        if power and isinstance(value, float):
            found[name] = value * output.scale**power
    return found


def in_unit(scores: dict[str, dict], output: Output, loss: str) -> dict[str, dict]:
    """Return {"in_unit": the unit and each block of scores in it}, or nothing where scores are so already.

    Args:
        scores: blocks of scores by name.
        loss: as for `own_scores`.
    """
    if output.kind != "regression" or (output.scale == 1.0 and output.unit == ""):
        return {}
    own = {name: own_scores(block, output, loss) for name, block in scores.items()}
    return {"in_unit": {"unit": output.unit, **own}}
