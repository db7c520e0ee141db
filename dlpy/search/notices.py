"""What a user should know of a search before its trials are trained."""

from __future__ import annotations

from collections.abc import Iterator

from dlpy.components.objectives import DATA_LOSS
from dlpy.experiment.dimensions import Dimension, every
from dlpy.experiment.experiment import Experiment
from dlpy.experiment.ranges import Space

_PENALTIES = ("l1", "l2")


def notices(space: Space, experiment: Experiment, monitor: str) -> Iterator[str]:
    """Yield a line if tpe has fewer points than trials, and one if the score contains a penalty that is searched.

    Args:
        space: what is searched.
        experiment: at its first point.
        monitor: the score that decides.
    """
    search, size = experiment.search, space.size()
    if search.sampler == "tpe" and size is not None and size < (search.trials or 0):
        yield f"the space has {size:,} points: the search ends after {size:,} trials, not {search.trials:,}"
    penalties = [one.name for one in every(space.dimensions) if _is_penalty(one)]
    if penalties and monitor == "val_loss":
        yield (
            f"warning: val_loss includes the penalty that {penalties[0]} sets, so that small penalties look better: "
            f"use 'monitor: val_{DATA_LOSS}' in the block search, or a metric"
        )


def _is_penalty(one: Dimension) -> bool:
    """Return whether a dimension is a penalty on weights, or has one among its choices."""
    return any(key in _PENALTIES or "regularizer" in str(key) for key in one.keys)
