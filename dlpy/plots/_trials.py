"""What the plots of a search share: its trials, options as axes, and limits that an outlier does not stretch."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from dlpy.core.captions import caption
from dlpy.core.errors import ConfigError, RunError
from dlpy.drawing.figures import GREY, full_name
from dlpy.experiment.dimensions import every
from dlpy.experiment.ranges import Choice, Dimension, space_of
from dlpy.runs.directory import Run
from dlpy.runs.searches import how_searched, search_file, short_names
from dlpy.runs.trials import Trial, ranked, read_trials

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_STRETCH = 4  # a worst score further from the best than this many times the third quartile is cut off
_LARGEST = 1e200  # larger scores are treated as infinite: no axis can show them
MOST_OPTIONS = 24


@dataclass(frozen=True)
class Option:
    """An option that is searched, and its value in each trial.

    values: (trials,) numbers, or the positions of choices; NaN where the option does not exist. ends: of the range, or
    the first and last choice. labels: of the choices.
    """

    name: str
    values: np.ndarray
    ends: tuple[float, float]
    log: bool = False
    is_whole: bool = False
    labels: tuple[str, ...] = ()

    def heights(self) -> np.ndarray:
        """Return how far each value is from one end to the other, by logarithms on a logarithmic range: (trials,)."""
        return self.placed(self.values)

    def placed(self, values: np.ndarray) -> np.ndarray:
        """Return how far values are from one end to the other: 0 to 1, or 0.5 if the ends are the same."""
        scale = np.log if self.log else np.asarray
        low, high = scale(np.array(self.ends, np.float64))
        return (scale(values) - low) / (high - low) if high > low else np.where(np.isnan(values), np.nan, 0.5)

    def ticks(self, count: int = 5) -> np.ndarray:
        """Return about `count` values along a range of numbers: (ticks,)."""
        from matplotlib.ticker import MaxNLocator

        low, high = self.ends
        if self.log:
            powers = 10.0 ** np.arange(np.ceil(np.log10(low) - 1e-9), np.floor(np.log10(high) + 1e-9) + 1)
            every = -(-len(powers) // (count + 1))
            return powers[::every] if len(powers) > 2 else np.geomspace(low, high, min(count, 4))
        values = np.asarray(MaxNLocator(count, integer=self.is_whole).tick_values(low, high))
        return values[(values >= low - 1e-9 * abs(low)) & (values <= high + 1e-9 * abs(high))]


@dataclass(frozen=True)
class Searched:
    """The trials of a search that have a score, from the best to the worst, and what they differ in.

    trials: completed. scores: (trials,). every: all that have ended, by number. worst, best: limits for an axis.
    """

    run: Run
    monitor: str
    direction: str
    trials: list[Trial]
    every: list[Trial]
    options: list[Option]

    @property
    def scores(self) -> np.ndarray:
        """The score of each completed trial: (trials,) float64."""
        return np.array([trial.score for trial in self.trials], np.float64)

    @property
    def label(self) -> str:
        """The name of the score, for axes."""
        part = "validation " if self.monitor.startswith("val_") else ""
        return caption(part + full_name(self.monitor.removeprefix("val_")), 40)

    def limits(self) -> tuple[float, float]:
        """Return the lowest and highest score to show: some far worse than most are cut off."""
        sign = 1 if self.direction == "min" else -1
        losses = sign * self.scores
        best, worst, quartile = losses.min(), losses.max(), np.quantile(losses, 0.75, method="lower")
        if worst - best > _STRETCH * (quartile - best) > 0:
            worst = best + _STRETCH / 2 * (quartile - best)
        low, high = sorted((float(sign * best), float(sign * worst)))
        margin = 0.05 * (high - low) or 0.05 * abs(high) or 0.05
        return low - margin, high + margin

    def within(self) -> list[Trial]:
        """Return the trials whose scores are not cut off."""
        low, high = self.limits()
        return [trial for trial in self.trials if trial.score is not None and low <= trial.score <= high]


def searched(runs: list[Run]) -> Searched | None:
    """Return the trials of the only run; None if it is no search, or no trial is completed.

    Raises:
        RunError: a file of the search is damaged.
    """
    (run,) = runs
    if run.record().kind != "search":
        return None
    ended = read_trials(run)
    how = how_searched(run)
    trials = [trial for trial in ranked(ended, how.direction) if abs(trial.score or 0.0) <= _LARGEST]
    if not trials:
        return None
    return Searched(run, how.monitor, how.direction, trials, ended, _options(run, trials))


def _options(run: Run, trials: list[Trial]) -> list[Option]:
    """Return the options of the search file that any trial has, in its order."""
    try:
        dimensions = list(every(space_of(search_file(run)).dimensions))
    except ConfigError as error:
        raise RunError(f"{run.path / 'search.yaml'} is damaged: {error}") from None
    known = [one for one in dimensions if any(one.name in trial.point for trial in trials)]
    short = short_names([one.name for one in known])
    return [_option(one, short[one.name], trials) for one in known]


def _option(one: Dimension, name: str, trials: list[Trial]) -> Option:
    values = np.array([trial.point.get(one.name, np.nan) for trial in trials], np.float64)
    if isinstance(one, Choice):
        labels = tuple(option.label for option in one.options)
        return Option(name, values, (0.0, len(labels) - 1.0), is_whole=True, labels=labels)
    return Option(name, values, (one.low, one.high), log=one.log, is_whole=one.is_whole)


def limit_scores(axes: Axes, found: Searched) -> tuple[float, float]:
    """Limit the y axis to the scores that matter, and note how many trials are outside; return the limits."""
    low, high = found.limits()
    axes.set_ylim(low, high)
    outside = int(((found.scores < low) | (found.scores > high)).sum())
    if outside:
        side = "above" if found.direction == "min" else "below"
        note = f"{outside:,} {'trial' if outside == 1 else 'trials'} {side}, drawn at the edge"
        axes.set_title(note, loc="left", fontsize=8, color=GREY)
    return low, high
