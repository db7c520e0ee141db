"""Predictions for the rows of a file that is larger than memory, piece by piece."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np

from dlpy.core.errors import DataError
from dlpy.data.unfamiliar import Unfamiliar, merged
from dlpy.runs.directory import ENSEMBLE, Run
from dlpy.training.adapted_predictions import adapted_in_pieces
from dlpy.training.evaluate import Tell, Trained, read_config, restore, silent
from dlpy.training.given import Ask, Given, columns_of
from dlpy.training.predict import as_table, predict_decided, require_answers, told_decisions, unfamiliar_rows
from dlpy.training.predicted_table import Predicted


def exceeds_memory(run: Run, path: Path) -> bool:
    """Return whether the rows of a file need more memory than a run's `data.memory` allows."""
    return run.record().kind != ENSEMBLE and read_config(run)[0].data.exceeds_memory(path)


def predict_pieces(run: Run, path: Path, ask: Ask, tell: Tell = silent) -> Iterator[Predicted]:
    """Yield a run's predictions for the rows of a user's file, some thousand at a time.

    What no training row held is reported at the end.

    Raises:
        DataError: the file cannot be read, or does not fit the run.
    """
    require_answers(run)
    trained = restore(run, ask.checkpoint, tell)
    decisions, keep = told_decisions(run, trained, ask, tell), columns_of(ask.keep)
    strange: list[list[Unfamiliar]] = []
    total, data, what = 0, trained.experiment.data, f"the rows of {path}"
    if trained.bands.adapt:
        pieces = _of_a_series(trained, path, keep)
    else:
        pieces = ((Given(rows, what, kept), None) for rows, kept in data.read_pieces(path, keep))
    for given, numbers in pieces:
        total += len(given.inputs)
        if numbers is None:
            predicted = predict_decided(trained, given, ask, decisions, tell)
        else:
            predicted = as_table(numbers, given, trained.task, decisions, unfamiliar_rows(trained, given, ask))
        strange = [merged([*strange, predicted.unfamiliar], 0)]
        yield predicted
    if total == 0:
        raise DataError(f"{path} has no row to predict.")
    for one in merged(strange, total):
        tell(one.line())


def _of_a_series(trained: Trained, path: Path, keep: list[str]) -> Iterator[tuple[Given, dict[str, np.ndarray]]]:
    """Yield some thousand windows at a time with their predictions, whose bands follow the errors of earlier rows."""
    data, (output,) = trained.experiment.data, trained.task.outputs
    if keep:
        data.carried(path, keep)
    rows, what = data.history(path, trained.raw_task), f"the rows of {path}"
    for some, numbers in adapted_in_pieces(trained, rows, what):
        yield Given(replace(some, targets={}), what, {}), {output: numbers}
