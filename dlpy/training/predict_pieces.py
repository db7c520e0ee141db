"""Predictions for the rows of a file that is larger than memory, piece by piece."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from dlpy.core.errors import DataError
from dlpy.data.unfamiliar import Unfamiliar, merged
from dlpy.runs.directory import ENSEMBLE, Run
from dlpy.training.evaluate import Tell, read_config, restore, silent
from dlpy.training.given import Ask, Given, columns_of
from dlpy.training.predict import predict_decided, require_answers, told_decisions
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
    total = 0
    for rows, kept in trained.experiment.data.read_pieces(path, keep):
        predicted = predict_decided(trained, Given(rows, f"the rows of {path}", kept), ask, decisions, tell)
        strange, total = [merged([*strange, predicted.unfamiliar], 0)], total + len(rows)
        yield predicted
    if total == 0:
        raise DataError(f"{path} has no rows.")
    for one in merged(strange, total):
        tell(one.line())
