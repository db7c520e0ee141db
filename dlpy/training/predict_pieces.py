"""Predictions for the rows of a file that is larger than memory, piece by piece."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dlpy.core.errors import DataError
from dlpy.data.unfamiliar import Unfamiliar, merged
from dlpy.runs.directory import ENSEMBLE, Run
from dlpy.training.adapted_predictions import adapted_predictions
from dlpy.training.evaluate import Tell, read_config, restore, silent
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
    total, data = 0, trained.experiment.data
    adapted = adapted_predictions(trained, data.history(path, trained.raw_task)) if trained.bands.adapt else None
    for rows, kept in data.read_pieces(path, keep):
        given, before, total = Given(rows, f"the rows of {path}", kept), total, total + len(rows)
        if adapted is None:
            predicted = predict_decided(trained, given, ask, decisions, tell)
        else:  # widths follow the errors of all earlier rows
            numbers = {next(iter(trained.task.outputs)): adapted[before:total]}
            predicted = as_table(numbers, given, trained.task, decisions, unfamiliar_rows(trained, given, ask))
        strange = [merged([*strange, predicted.unfamiliar], 0)]
        yield predicted
    if total == 0:
        raise DataError(f"{path} has no rows.")
    for one in merged(strange, total):
        tell(one.line())
