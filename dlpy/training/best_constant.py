"""The constant prediction with the smallest mean loss, by the loss that a model is trained with.

Where a loss knows its best constant (`Loss.best_constant`), that is it. Else it is searched for, with some dozens of
evaluations of the loss: column by column where the loss is a mean over columns, downhill where it is not.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from dlpy.components.objectives import Loss
from dlpy.scores.regression_scores import mean
from dlpy.training.minimize import Losses, descend, golden_sections

if TYPE_CHECKING:
    import keras

_COMPARED = 64  # targets that show how a loss treats weights
_MOST_ROWS = 10_000  # used to search for the constant; its loss is that of all rows
_GRID, _WIDENINGS = 17, 12
_SHARES = (0.0, 1.0)
_SPANS = {"sigmoid": _SHARES, "closeness": _SHARES, "tanh": (-1.0, 1.0), "relu": (0.0, np.inf)}  # of an activation


@dataclass(frozen=True)
class Targets:
    """Targets, how often each occurs, and the values that a model can predict.

    values: (targets, units) float32, of class numbers (classes, 1). counts: (targets,) float64. rows: how many the mean
    loss is taken over: the sum of the counts, unless these are weighted. units: of a prediction. activation: of the
    last layer.
    """

    values: np.ndarray
    counts: np.ndarray
    rows: int
    units: int
    activation: str

    @property
    def means(self) -> np.ndarray:
        """The mean target: (units,); for class numbers, their shares."""
        if self.values.shape[1] != self.units:
            return self.counts / self.counts.sum()
        return mean(self.values, self.counts)


def best_guess(loss: Loss, built: keras.losses.Loss, targets: Targets) -> np.ndarray:
    """Return the constant prediction (units,) with the smallest mean loss that the search finds."""
    known = loss.best_constant(targets.values, targets.counts)
    if known is not None and _is_possible(known, targets):
        return known
    few = _thinned(targets)
    found = [*_candidates(few), *([_on_simplex(built, few)] if _is_simplex(few) else _free(built, few))]
    losses = [mean_loss(built, few, guess) for guess in found]
    return found[int(np.nanargmin(losses))]


def mean_loss(built: keras.losses.Loss, targets: Targets, guess: np.ndarray) -> float:
    """Return the mean loss of a constant prediction (units,)."""
    return float(_mean_loss(built, targets, np.asarray(guess, np.float32)))


def is_mean_of_rows(built: keras.losses.Loss, targets: Targets) -> bool:
    """Return whether the loss of rows is the mean of theirs, weighted where there are weights.

    Of a sum over a batch, or where weights are not heeded, no loss of a constant is comparable.
    """
    values = targets.values[:_COMPARED]
    times = 1 + np.arange(len(values)) % 2
    rows = int(times.sum())
    counted = replace(targets, values=values, counts=times.astype(np.float64), rows=rows)
    spelled = replace(targets, values=np.repeat(values, times, axis=0), counts=np.ones(rows), rows=rows)
    found = [mean_loss(built, each, targets.means) for each in (counted, spelled)]
    return bool(np.isclose(*found, rtol=1e-4))


def _mean_loss(built: keras.losses.Loss, targets: Targets, guess: Any) -> Any:
    import tensorflow as tf

    count = len(targets.values)
    weights = None if (targets.counts == 1).all() and targets.rows == count else targets.counts * count / targets.rows
    return built(targets.values, tf.broadcast_to(guess, (count, targets.units)), weights)


def _is_simplex(targets: Targets) -> bool:
    return targets.activation == "softmax" and targets.units > 1


def _is_possible(guess: np.ndarray, targets: Targets) -> bool:
    """Return whether a model can predict these numbers."""
    low, high = _span(targets)
    inside = np.isfinite(guess).all() and low <= guess.min() and guess.max() <= high
    return bool(inside and (not _is_simplex(targets) or abs(guess.sum() - 1) < 1e-6))


def _thinned(targets: Targets) -> Targets:
    """Return some of many targets: evenly spaced ones of each column's, in order."""
    if len(targets.values) <= _MOST_ROWS:
        return targets
    order = targets.values if targets.values.shape[1] > 1 else np.sort(targets.values, axis=0)
    values = order[np.linspace(0, len(order) - 1, _MOST_ROWS).astype(np.int64)]
    return replace(targets, values=values, counts=np.ones(_MOST_ROWS), rows=_MOST_ROWS)


def _candidates(targets: Targets) -> list[np.ndarray]:
    """Return the constants that are best for common losses."""
    units = targets.units
    if _is_simplex(targets):
        return [targets.means / targets.means.sum(), np.full(units, 1 / units), np.eye(units)[targets.means.argmax()]]
    found = [targets.means, np.median(targets.values, axis=0)] if targets.values.shape[1] == units else [targets.means]
    low, high = _span(targets)
    return [np.clip(guess, low, high) for guess in found]


def _free(built: keras.losses.Loss, targets: Targets) -> list[np.ndarray]:
    """Return the best constant where the columns of a prediction are independent."""
    by_column = _column_losses(built, targets)
    return [_along_columns(by_column, targets)] if by_column else [_downhill(built, targets)]


def _column_losses(built: keras.losses.Loss, targets: Targets) -> Losses | None:
    """Return the mean loss of each column of a constant, or None where the loss is not their mean."""
    if targets.units == 1:
        return lambda guess: np.array([mean_loss(built, targets, guess)])
    if targets.values.shape[1] != targets.units:
        return None
    weights = targets.counts / targets.rows

    def by_column(guess: np.ndarray) -> np.ndarray:
        given = np.broadcast_to(guess, targets.values.shape).astype(np.float32)
        losses = np.asarray(built.call(targets.values.reshape(-1, 1), given.reshape(-1, 1)))
        return weights @ losses.reshape(targets.values.shape).astype(np.float64)

    guess = targets.means + 0.1 * np.arange(targets.units)
    try:
        apart = by_column(guess)
    except (ValueError, TypeError):  # it needs all columns at once
        return None
    return by_column if np.isclose(apart.mean(), mean_loss(built, targets, guess), rtol=1e-4) else None


def _along_columns(losses: Losses, targets: Targets) -> np.ndarray:
    """Return the minimum for each column: of a grid, then by golden sections between its neighbours."""
    (low, high), columns = _bracket(targets), np.arange(targets.units)
    least, most = _span(targets)
    for _ in range(_WIDENINGS):
        width, best = high - low, _best_of_grid(losses, low, high)
        wider_low = np.where(best == 0, np.maximum(low - width, least), low)
        wider_high = np.where(best == _GRID - 1, np.minimum(high + width, most), high)
        if (wider_low == low).all() and (wider_high == high).all():
            break
        low, high = wider_low, wider_high
    points, best = np.linspace(low, high, _GRID), _best_of_grid(losses, low, high)
    lower, higher = (points[np.clip(best + step, 0, _GRID - 1), columns] for step in (-1, 1))
    return golden_sections(losses, (lower, higher), points[best, columns])


def _best_of_grid(losses: Losses, low: np.ndarray, high: np.ndarray) -> np.ndarray:
    """Return which point of a grid is best for each column."""
    found = np.stack([losses(point) for point in np.linspace(low, high, _GRID)])
    return np.nan_to_num(found, nan=np.inf).argmin(axis=0)


def _bracket(targets: Targets) -> tuple[np.ndarray, np.ndarray]:
    low, high = targets.values.min(axis=0).astype(np.float64), targets.values.max(axis=0).astype(np.float64)
    margin = np.where(high > low, (high - low) / 2, 1.0)
    least, most = _span(targets)
    return np.maximum(low - margin, least), np.minimum(high + margin, most)


def _span(targets: Targets) -> tuple[float, float]:
    """Return the smallest and the largest number that the last layer can return."""
    return _SPANS.get(targets.activation, (-np.inf, np.inf))


def _on_simplex(built: keras.losses.Loss, targets: Targets) -> np.ndarray:
    """Return the best probabilities, searched for as logits."""
    import tensorflow as tf

    start = np.log(np.maximum(targets.means / targets.means.sum(), 1e-3))
    found = descend(lambda logits: _mean_loss(built, targets, tf.nn.softmax(logits)), start)
    powers = np.exp(found - found.max())
    return powers / powers.sum()


def _downhill(built: keras.losses.Loss, targets: Targets) -> np.ndarray:
    import tensorflow as tf

    low, high = _span(targets)
    start = _candidates(targets)[0]
    found = descend(lambda guess: _mean_loss(built, targets, tf.clip_by_value(guess, low, high)), start)
    return np.clip(found, low, high)
