"""Pruners end trials that are worse than earlier ones, at fixed epochs and by the log of trials alone."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from dlpy.components.hooks import Hooks
from dlpy.core.parsing import parse
from dlpy.experiment.search_options import Search
from dlpy.runs.trials import Trial
from dlpy.search.monitor import Monitored

_FIRST_TRIALS = 5  # of which the median pruner ends none
_CHECKS = 10  # at which the median pruner compares a trial with the others
_ETA = 3  # of successive halving: one of three trials goes on
_RUNGS = 3


class Pruner(Protocol):
    """Decides at some epochs whether a trial ends."""

    def epochs(self, most: int) -> set[int]:
        """Return the epochs, from 1, at which a trial of at most `most` epochs is compared with earlier ones."""
        ...

    def is_hopeless(self, curve: Sequence[float], done: Sequence[Trial], sign: int) -> bool:
        """Return whether a trial ends.

        Args:
            curve: its monitored score after each epoch so far.
            done: the earlier trials that it may be compared with.
            sign: 1 if a smaller score is better, -1 if a larger one is.
        """
        ...


class MedianPruner:
    """Ends a trial whose best score so far is worse than the median of what completed trials had by that epoch."""

    def epochs(self, most: int) -> set[int]:
        return {math.ceil(most * check / _CHECKS) for check in range(1, _CHECKS)} - {most}

    def is_hopeless(self, curve: Sequence[float], done: Sequence[Trial], sign: int) -> bool:
        others = [_best(trial.curve[: len(curve)], sign) for trial in done if trial.status == "completed"]
        return len(others) >= _FIRST_TRIALS and _best(curve, sign) > float(np.median(others))


class HalvingPruner:
    """Asynchronous successive halving: at each rung, the best third of the trials that got there go on.

    The rungs are at 1/27, 1/9 and 1/3 of the epochs. Source: Li et al. 2020, arXiv:1810.05934, in the form that ends
    trials instead of pausing them.
    """

    def epochs(self, most: int) -> set[int]:
        return {math.ceil(most / _ETA**rung) for rung in range(1, _RUNGS + 1)} - {most}

    def is_hopeless(self, curve: Sequence[float], done: Sequence[Trial], sign: int) -> bool:
        epoch, own = len(curve), _best(curve, sign)
        there = [trial for trial in done if trial.status == "completed" or len(trial.curve) >= epoch]
        others = [_best(trial.curve[:epoch], sign) for trial in there if trial.status != "failed"]
        better = sum(other < own for other in others)
        return len(others) + 1 >= _ETA and better >= (len(others) + 1) // _ETA


def _best(curve: Sequence[float | None], sign: int) -> float:
    """Return the best score of a curve, the smaller the better; infinite if all are undefined."""
    return min((sign * score for score in curve if score is not None), default=math.inf)


def pruner_of(options: Search) -> Pruner | None:
    """Return the pruner of a search; None if all trials are trained to their end."""
    return {"none": None, "median": MedianPruner(), "halving": HalvingPruner()}[options.pruner]


@dataclass(frozen=True)
class Pruning:
    """What ends a trial: the pruner, the trials to compare it with, and the score that is compared."""

    pruner: Pruner
    done: Sequence[Trial]
    monitor: str
    direction: str

    def hooks(self, epochs: int) -> PrunerHooks:
        """Return the hooks for a training of at most that many epochs."""
        return PrunerHooks(self, self.pruner.epochs(epochs))


class PrunerHooks(Hooks):
    """Ends a training that the pruner finds hopeless."""

    def __init__(self, pruning: Pruning, epochs: set[int]) -> None:
        self._pruning, self._epochs = pruning, epochs
        self._curve: list[float] = []

    def on_epoch_end(self, epoch: int, logs: dict[str, float]) -> None:
        self._curve.append(float(logs[self._pruning.monitor]))
        sign = 1 if self._pruning.direction == "min" else -1
        if epoch + 1 in self._epochs and self._pruning.pruner.is_hopeless(self._curve, self._pruning.done, sign):
            self.ends_training = self.model.stop_training = True

    def state(self) -> dict[str, Any]:
        return {"curve": [*self._curve], "pruned": self.ends_training}

    def restore(self, state: dict[str, Any]) -> None:
        self._curve = parse(state["curve"], list[float], "curve")
        self.ends_training = parse(state["pruned"], bool, "pruned")


def pruner_hooks(options: Search, done: Sequence[Trial], monitored: Monitored, epochs: int) -> dict[str, PrunerHooks]:
    """Return the hooks that prune a training of at most `epochs` epochs, by name; none without a pruner.

    Args:
        options: of the search.
        done: the trials to compare it with.
        monitored: the score that is compared.
    """
    pruner = pruner_of(options)
    if pruner is None:
        return {}
    return {"pruner": Pruning(pruner, done, monitored.name, monitored.direction).hooks(epochs)}
