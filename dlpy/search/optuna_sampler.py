"""Points proposed by Optuna, which is only asked: dlpy's own log of trials is all that it knows.

Optuna's own storage leaves the trials of a killed process running for ever, and continues differently. Here a study in
memory is filled from the log, and asked with a sampler that is seeded for this trial alone.
"""

from __future__ import annotations

import itertools
import math
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import numpy as np

from dlpy.core.errors import ConfigError
from dlpy.experiment.dimensions import Choice, Dimension, Point, Range, active
from dlpy.experiment.ranges import Space
from dlpy.runs.trials import Trial
from dlpy.search.grid import first_free

if TYPE_CHECKING:
    import optuna
    from optuna.distributions import BaseDistribution

_MOST_ASKED = 20  # times for one trial: Optuna may propose the same points again and again


class TpeSampler:
    """Proposes points by the tree-structured Parzen estimator: near good trials, far from bad ones.

    Source: Bergstra et al. 2011, "Algorithms for Hyper-Parameter Optimization".
    """

    depends_on_results = True

    def __init__(self, space: Space, seed: int, direction: str) -> None:
        self._optuna = _optuna()
        self.version = f"optuna {self._optuna.__version__}"
        self._space, self._seed = space, seed
        self._direction = "maximize" if direction == "max" else "minimize"
        self._told: list[Trial] = []
        self._study = self._empty_study()

    def propose(self, number: int, done: Sequence[Trial], taken: Sequence[Point] = ()) -> Point:
        """Return the point of a trial; a study that knows the first of `done` is reused, with the same result.

        A taken point is proposed again only if no other is left: training it gives the same score.
        """
        with _silenced(self._optuna):
            if self._told != list(done[: len(self._told)]):
                self._told, self._study = [], self._empty_study()
            for trial in done[len(self._told) :]:
                self._study.add_trial(self._frozen(trial))
                self._told.append(trial)
            points = list(itertools.islice(_until_new(self._asked(number), taken), _MOST_ASKED))
            return points[-1] if points[-1] not in taken else first_free(self._space, taken) or points[-1]

    def _empty_study(self) -> optuna.Study:
        with _silenced(self._optuna):
            return self._optuna.create_study(direction=self._direction)

    def _asked(self, number: int) -> Iterator[Point]:
        """Yield points that Optuna proposes; what it remembers of the questions counts for nothing later."""
        (seed,) = np.random.SeedSequence([self._seed, number]).generate_state(1)
        # all that differs between versions of Optuna, or that depends on running trials, is given
        fixed: dict[str, Any] = {"multivariate": False, "group": False, "constant_liar": False}
        self._study.sampler = self._optuna.samplers.TPESampler(
            seed=int(seed), n_startup_trials=10, n_ei_candidates=24, **fixed
        )
        while True:
            trial = self._study.ask()
            point: Point = {}
            for one in active(self._space.dimensions, point):
                point[one.name] = _suggested(trial, one)
            self._study.tell(trial, state=self._optuna.trial.TrialState.FAIL)
            yield point

    def _frozen(self, trial: Trial) -> optuna.trial.FrozenTrial:
        """Return an ended trial as Optuna knows it: a failed one without a value, a pruned one with its last score."""
        states = self._optuna.trial.TrialState
        state = {"completed": states.COMPLETE, "pruned": states.PRUNED, "failed": states.FAIL}[trial.status]
        dimensions = list(active(self._space.dimensions, trial.point))
        scores = enumerate(trial.curve, 1)
        curve = {epoch: score for epoch, score in scores if score is not None and math.isfinite(score)}
        last = curve[max(curve)] if curve else None
        return self._optuna.trial.create_trial(
            state=state,
            value={"completed": trial.score, "pruned": last, "failed": None}[trial.status],
            params={one.name: _told_value(one, trial.point[one.name]) for one in dimensions},
            distributions={one.name: self._distribution(one) for one in dimensions},
            intermediate_values=curve if trial.status == "pruned" else {},
        )

    def _distribution(self, one: Dimension) -> BaseDistribution:
        known = self._optuna.distributions
        if isinstance(one, Choice):
            return known.CategoricalDistribution(range(len(one.options)))
        if one.count is None:
            return known.FloatDistribution(one.low, one.high, log=one.log)
        return known.IntDistribution(*_whole_ends(one), log=one.log)


def _until_new(points: Iterator[Point], taken: Sequence[Point]) -> Iterator[Point]:
    """Yield points up to the first that is not taken."""
    for point in points:
        yield point
        if point not in taken:
            return


def _whole_ends(one: Range) -> tuple[int, int]:
    """Return the ends of a range as Optuna sees it: whole numbers, or the positions of steps, free of rounding."""
    return (int(one.low), int(one.high)) if one.step is None else (0, (one.count or 1) - 1)


def _suggested(trial: optuna.Trial, one: Dimension) -> float | int:
    """Return the value of a dimension that Optuna proposes, within its ends."""
    if isinstance(one, Choice):
        return trial.suggest_categorical(one.name, range(len(one.options)))
    if one.count is None:
        return min(max(trial.suggest_float(one.name, one.low, one.high, log=one.log), one.low), one.high)
    value = trial.suggest_int(one.name, *_whole_ends(one), log=one.log)
    return value if one.step is None else one.at(value)


def _told_value(one: Dimension, value: float) -> float | int:
    """Return the value of a dimension as Optuna knows it."""
    if isinstance(one, Choice) or one.step is None:
        return value
    return round((value - one.low) / one.step)


def _optuna() -> Any:
    """Return the package Optuna.

    Raises:
        ConfigError: it is not installed.
    """
    try:
        import optuna
    except ImportError:
        raise ConfigError(
            "search.sampler: tpe needs Optuna, which is not installed: pip install 'dlpy[search]'."
        ) from None
    return optuna


@contextmanager
def _silenced(package: Any) -> Iterator[None]:
    """Keep Optuna's log and its warnings about experimental features from the user within the block."""
    before = package.logging.get_verbosity()
    package.logging.set_verbosity(package.logging.ERROR)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", package.exceptions.ExperimentalWarning)
            yield
    finally:
        package.logging.set_verbosity(before)
