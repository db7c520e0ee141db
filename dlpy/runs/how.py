"""Options of a run that its experiment does not hold: of k-fold validation, seeds, a search, an ensemble."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True)
class Place:
    """Where the trainings of a run take place, and what each needs there; it does not change the scores.

    on: an address such as dask://host:port, or "local" for processes of this machine.
    gpus, cpus: for each training, such as 0.5. memory: in bytes. None: not asked for.
    """

    on: str = "local"
    gpus: float | None = None
    cpus: float | None = None
    memory: int | None = None

    @property
    def is_local(self) -> bool:
        """Whether the trainings run in processes of this machine."""
        return self.on == "local"


@dataclass(frozen=True)
class How:
    """Options of `dlpy kfold` that do not change the scores."""

    jobs: int = 1  # number of folds to train in parallel, each in its own process
    refit: bool = False  # afterwards train a final model on all rows except the test rows
    keep_models: bool = False  # of each fold, for `dlpy ensemble`
    interval: bool = False  # afterwards compute the intervals of the scores


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


Weighting = Literal["mean", "greedy", "stack"]


@dataclass(frozen=True)
class Member:
    """A run whose predictions an ensemble combines.

    run: its path from the folder of the ensemble. sha256: of the files that its predictions follow from.
    weights: by output.
    """

    run: str
    sha256: str
    weights: Mapping[str, float]


@dataclass(frozen=True)
class HowCombined:
    """The members of an ensemble, and how they are weighted.

    on: the parts of the rows that chose the weights, which are scored crosswise; none for the mean.
    """

    weighting: Weighting
    members: list[Member]
    on: list[str] = field(default_factory=list)
