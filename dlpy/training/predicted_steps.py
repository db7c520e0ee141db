"""Predictions for each token of new texts, or each time step of new series, in their order before the transforms."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from dlpy.data.features import Features, Sequences, Texts, splits_of
from dlpy.data.rows import Rows
from dlpy.data.steps import REPEATED, ROW, SOURCE, START, STEP, WORD, step_numbers
from dlpy.data.text.tokenizer import tokens_of
from dlpy.training.pipeline import Pipeline


def in_given_order(pipeline: Pipeline, rows: Rows, predictions: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return predictions of steps as the rows had them before the transforms: (steps of all rows, units) by output.

    Steps that the model did not see, since a transform cut them away, are NaN.

    Args:
        pipeline: the transforms.
        rows: before them, without targets.
        predictions: by output, (rows, steps, units) after them.
    """
    lengths = _lengths(rows)
    splits, place = splits_of(lengths), np.arange(lengths.max(initial=0))
    places = np.where(place < lengths[:, None], place, -1).astype(np.int32)
    found = {}
    for name, prediction in predictions.items():
        moved = pipeline.apply(replace(rows, targets={name: places})).targets[name]  # transforms move them as targets
        row, step = np.nonzero(moved >= 0)
        flat = np.full((splits[-1], prediction.shape[2]), np.nan, np.float32)
        flat[splits[row] + moved[row, step]] = prediction[row, step]
        found[name] = flat[_kept(rows)]
    return found


def steps_of(rows: Rows) -> Rows:
    """Return each step of rows as a row, without inputs: its row and place are in columns, and for texts its word.

    Steps of windows that are in another window too are there once.
    """
    row, step = _places(rows)
    columns = {ROW: row, STEP: step}
    texts = [x for x in rows.inputs.values() if isinstance(x, Texts)]
    if texts:
        words = np.empty(len(row), object)
        words[:] = [word for text in texts[0].values for word in tokens_of(text)]
        columns[WORD] = words
    if START in rows.columns:
        columns[SOURCE] = rows.columns[START][row] + step
    return Rows({}, {}, step_numbers(rows.index[row], step), columns).take(_kept(rows))


def _kept(rows: Rows) -> np.ndarray:
    """Return the positions of the steps that are in no other window before."""
    row, step = _places(rows)
    return np.flatnonzero(step >= rows.columns.get(REPEATED, np.zeros(len(rows), np.int64))[row])


def _places(rows: Rows) -> tuple[np.ndarray, np.ndarray]:
    """Return the row of each step, and where in its row it is: (steps of all rows,)."""
    lengths = _lengths(rows)
    row = np.repeat(np.arange(len(rows)), lengths)
    return row, np.arange(len(row)) - splits_of(lengths)[row]


def _lengths(rows: Rows) -> np.ndarray:
    """Return the number of steps of each row: (rows,)."""
    return _steps_in(next(iter(rows.inputs.values())))


def _steps_in(features: Features) -> np.ndarray:
    if isinstance(features, Texts):
        return np.array([len(tokens_of(text)) for text in features.values], np.int64)
    if isinstance(features, Sequences):
        return np.diff(features.splits)
    if not isinstance(features, np.ndarray):
        raise TypeError(f"rows of {type(features).__name__} have no steps")
    return np.full(len(features), features.shape[1])
