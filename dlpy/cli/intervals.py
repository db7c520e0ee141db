"""The intervals that `dlpy kfold --interval` asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from dlpy.runs.directory import Run


def add_intervals(run: Run) -> None:
    """Compute and draw the intervals of a completed k-fold run that was started with --interval and lacks them."""
    from dlpy.cli.lines import complain
    from dlpy.compare.score_intervals import with_fold_intervals
    from dlpy.drawing.process import draw_all

    how = run.record().folds
    if how is not None and how.interval and run.summary().intervals is None:
        with_fold_intervals(run)
        draw_all(run, complain)
