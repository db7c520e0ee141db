"""The block `search` of an experiment file: how `dlpy search` proposes, trains and scores trials."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from dlpy.components.objectives import Monitor
from dlpy.core.options import Block

Count = Annotated[int, Field(ge=1)]


class Search(Block):
    """The options of `dlpy search`; the other commands do not need them."""

    trials: Count | None = 20
    """Number of trials; null: all points of a grid, or as many as `minutes` allow."""
    sampler: Literal["random", "grid", "tpe"] = "random"
    """What proposes trials: random points, all points of a grid, or the tree-structured Parzen estimator of Optuna."""
    monitor: Monitor | None = None
    """Score of a trial, at its best epoch, such as val_accuracy; default: the monitor of the checkpoint callback."""
    folds: bool = False
    """Train each trial on the folds of the block `kfold`; its score is the mean over them. Those of a series go forward
    in time."""
    seeds: Count = 1
    """Number of seeds that each trial is trained with, beginning with `seed`; its score is the mean over them."""
    pruner: Literal["none", "median", "halving"] = "none"
    """Ends trials early that are worse than the median of the earlier ones, or by successive halving."""
    minutes: Annotated[float, Field(gt=0)] | None = None
    """Minutes after which no more trials start; null: no limit."""
    nested: Annotated[int, Field(ge=2)] | None = None
    """Number of outer folds of nested cross-validation, each with a search of its own; null: none."""
    workers: Annotated[int, Field(ge=1, le=1000)] = 1
    """Number of processes that train trials at the same time; proposals depend on it."""
    together: Count | Literal["auto"] = "auto"
    """Number of trials whose networks are trained at once in one graph, which is faster for small ones; 1: one by one;
    auto: decided by sizes. Scores then differ in the last digits, and proposals of tpe and pruning depend on it."""
