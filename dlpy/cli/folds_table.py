"""The folds of a k-fold run as rows of a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dlpy.runs.directory import Run


def fold_rows(run: Run) -> list[dict[str, Any]]:
    """Return a row for each fold that has begun: its number, status, epochs, and the scores after the last epoch."""
    from dlpy.runs.lookup import fold_runs

    return [_row(fold, number) for number, fold in enumerate(fold_runs(run), 1)]


def _row(fold: Run, number: int) -> dict[str, Any]:
    from dlpy.core.errors import RunError
    from dlpy.core.parsing import read_json
    from dlpy.runs.history import read_history
    from dlpy.runs.record import FoldRecord

    known: dict[str, Any] = {"fold": number}
    epochs = 0
    try:
        history = read_history(fold.metrics)
        epochs = 0 if history is None else len(history.epochs)
        told = read_json(fold.path / "fold.json", FoldRecord)
    except FileNotFoundError:
        return {**known, "status": "unfinished", "epochs": epochs}
    except RunError:
        return {**known, "status": "damaged"}
    seconds = None if history is None else float(history.seconds[-1])
    return {**known, "status": "completed", "epochs": epochs, "seconds": seconds, **told.scores}
