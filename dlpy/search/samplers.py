"""What proposes the trials of a search: random points, the points of a grid, or Optuna."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from dlpy.core.errors import ConfigError
from dlpy.experiment.dimensions import Point
from dlpy.experiment.random_points import random_point
from dlpy.experiment.ranges import Space
from dlpy.experiment.search_options import Search
from dlpy.runs.trials import Trial
from dlpy.search.grid import point_at


class Sampler(Protocol):
    """Proposes the points of trials."""

    depends_on_results: bool  # of the trials before
    version: str  # of the library that draws, such as "optuna 5.0.0"; empty if nothing is drawn

    def propose(self, number: int, done: Sequence[Trial], taken: Sequence[Point] = ()) -> Point:
        """Return the point of a trial; it depends on the space, the seed and these arguments alone.

        Args:
            number: of the trial, from 1.
            done: the ended trials that it may depend on, by number.
            taken: the points of all earlier trials, which tpe does not repeat while others are left.
        """
        ...


class RandomSampler:
    """Proposes random points, whatever came before."""

    depends_on_results = False

    def __init__(self, space: Space, seed: int) -> None:
        self.version = f"numpy {np.__version__}"
        self._space, self._seed = space, seed

    def propose(self, number: int, done: Sequence[Trial], taken: Sequence[Point] = ()) -> Point:
        return random_point(self._space, self._seed, number)


class GridSampler:
    """Proposes all points in order; the last dimension changes fastest."""

    depends_on_results = False
    version = ""

    def __init__(self, space: Space) -> None:
        size = space.size()
        if size is None:
            raise ConfigError("search.sampler: a grid needs a 'step' in every range of real numbers.")
        self._space, self._size = space, size

    def propose(self, number: int, done: Sequence[Trial], taken: Sequence[Point] = ()) -> Point:
        """Return the point of a trial.

        Raises:
            ValueError: the grid has fewer points.
        """
        if not 1 <= number <= self._size:
            raise ValueError(f"the grid has {self._size} points; there is no trial {number}.")
        return point_at(self._space.dimensions, number - 1)


def sampler_of(space: Space, options: Search, seed: int, *, direction: str = "min") -> Sampler:
    """Return what proposes the trials of a search.

    Args:
        space: what is searched.
        options: the experiment's block `search`.
        seed: of the experiment.
        direction: "min" or "max", whichever score is better; random points and grids do not depend on it.

    Raises:
        ConfigError: Optuna is not installed, or the grid is endless.
    """
    if options.sampler == "grid":
        return GridSampler(space)
    if options.sampler == "random":
        return RandomSampler(space, seed)
    from dlpy.search.optuna_sampler import TpeSampler

    return TpeSampler(space, seed, direction)
