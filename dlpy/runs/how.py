"""Options of a run that its experiment does not hold: of k-fold validation, of several seeds, of a search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True)
class How:
    """Options of `dlpy kfold` that do not change the scores."""

    jobs: int = 1  # number of folds to train in parallel, each in its own process
    refit: bool = False  # afterwards train a final model on all rows except the test rows


@dataclass(frozen=True)
class Seeds:
    """Options of `dlpy train --seeds`."""

    count: int  # number of trainings, with the experiment's seed and the ones after it
    jobs: int = 1  # number of seeds to train in parallel, each in its own process


@dataclass(frozen=True)
class HowSearched:
    """Options of a search that are part of its result, but for `refit`.

    sampler: the version of the library that draws the points, such as "numpy 2.4.0".
    monitor: the score that decides. direction: "min" or "max", whichever is better.
    """

    workers: int = 1  # number of processes that train trials at the same time
    together: int = 1  # number of trials that are trained in one graph
    refit: bool = False  # afterwards train a final model on all rows except the test rows
    sampler: str = ""
    monitor: str = "val_loss"
    direction: Literal["min", "max"] = "min"
