"""Runs that predict quantiles beside each other: the pinball loss, and how often their bands hold the truth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from dlpy.compare.sides import Side, Training, trainings_of
from dlpy.runs.adapted_bands import shown_bands, with_own_widths
from dlpy.runs.directory import Run
from dlpy.runs.predictions import Stored
from dlpy.runs.results import stored_predictions
from dlpy.scores.quantiles import coverages, pinball_of_rows
from dlpy.scores.weighted import Weighted
from dlpy.scores.weighted_scores import mean_of
from dlpy.training.evaluate import read_config
from dlpy.training.fit_bands import out_of_fold_bands


def shown_side(side: Side) -> Side:
    """Return a side with bands as `dlpy predict` writes them; those of folds of a series follow from fold to fold."""
    runs = trainings_of(side.runs)
    found = {
        name: [_shown(run, training) for run, training in zip(runs, trainings, strict=True)]
        for name, trainings in side.trainings.items()
    }
    return replace(side, trainings=found)


def _shown(run: Run, training: Training) -> Training:
    if len(training) == 1:
        return [shown_bands(run, training[0])]
    if training[0].origin is None or training[0].quantiles is None:
        return training
    loss = read_config(run)[0].training.loss
    (whole,) = (stored for stored in stored_predictions(run) if stored.part == training[0].part)
    shown = with_own_widths(whole, out_of_fold_bands(whole, loss)).quantiles
    order = np.argsort(whole.index, kind="stable")
    places = [order[np.searchsorted(whole.index, fold.index, sorter=order)] for fold in training]
    return [
        replace(fold, quantiles=None if shown is None else shown[place])
        for fold, place in zip(training, places, strict=True)
    ]


def same_levels(trainings: Sequence[Sequence[Training]]) -> bool:
    """Return whether all models predict the same quantiles, without which their pinball losses are not comparable."""
    every = [stored.of for side in trainings for training in side for stored in training]
    return len({() if output is None else output.quantiles for output in every}) == 1


def pinball_score(stored: Stored) -> dict[str, Weighted]:
    """Return `pinball`, the loss of predicted quantiles in the target's own unit; nothing without finite ones."""
    if stored.quantiles is None or stored.of is None or not np.isfinite(stored.quantiles).all():
        return {}
    target, levels = stored.target.reshape(stored.quantiles.shape[:2]), stored.of.quantiles
    return {"pinball": mean_of(pinball_of_rows(target, stored.quantiles, levels))}


def bands_of(trainings: Sequence[Training]) -> list[dict[str, float]]:
    """Return the coverage and the mean width of each band, the mean over all trainings and folds; [] without bands."""
    every = [stored for training in trainings for stored in training]
    found = [_coverages(stored) for stored in every if stored.quantiles is not None]
    if len(found) < len(every):
        return []
    rows = np.array([len(stored.index) for stored in every], float)
    return [
        {"asked": same[0]["asked"], **{key: _mean([one[key] for one in same], rows) for key in ("covered", "width")}}
        for same in zip(*found, strict=True)
    ]


def _coverages(stored: Stored) -> list[dict[str, float]]:
    if stored.quantiles is None or stored.of is None:
        return []
    return coverages(stored.target.reshape(stored.quantiles.shape[:2]), stored.quantiles, stored.of.quantiles)


def _mean(values: list[float], rows: np.ndarray) -> float:
    return float(np.average(values, weights=rows))
