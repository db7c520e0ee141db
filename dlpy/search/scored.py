"""A trial from the results of its trainings."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from dlpy.experiment.ranges import Point
from dlpy.runs.directory import Run
from dlpy.runs.trials import Trial
from dlpy.search.directory import Result
from dlpy.search.monitor import Monitored

Where = tuple[Point, dict[str, Any]]  # the point, and the same as the user wrote it


def scored_trial(number: int, where: Where, results: Sequence[Result], monitored: Monitored) -> Trial:
    """Return a trial that was trained: its score is the mean over its trainings of the score at the best epoch.

    With several trainings, the curve is the mean over them up to the end of the shortest, and the best epoch is that of
    the mean curve.
    """
    shortest = min(result.epochs for result in results)
    curves = np.array([result.curve[:shortest] for result in results], np.float64)  # NaN where undefined
    curve = curves.mean(axis=0)
    sign = 1 if monitored.direction == "min" else -1
    best = np.where(np.isnan(curve), np.inf, sign * curve).argmin()
    names = [name for name in results[0].scores if all(name in result.scores for result in results)]
    scores = {name: _mean([result.scores[name] for result in results]) for name in names}
    return Trial(
        number,
        *where,
        status="pruned" if any(result.is_pruned for result in results) else "completed",
        score=scores[monitored.name],
        epoch=results[0].epoch if len(results) == 1 else int(best) + 1,
        epochs=shortest,
        scores=scores,
        curve=[score if np.isfinite(score) else None for score in curve.tolist()],
        seconds=round(sum(result.seconds for result in results), 3),
    )


def _mean(values: Sequence[float | None]) -> float | None:
    """Return the mean of the scores; None if one is undefined."""
    known = [value for value in values if value is not None]
    return float(np.mean(known)) if len(known) == len(values) else None


def failed_trial(number: int, where: Where, of: tuple[Run, Monitored], reason: str, seconds: float) -> Trial:
    """Return a trial that failed, with its curve so far.

    Args:
        of: its folder, and the monitored score.
    """
    folder, monitored = of
    curve = monitored.curve(folder)
    return Trial(number, *where, "failed", None, None, len(curve), {}, [*curve], reason, round(seconds, 3))
