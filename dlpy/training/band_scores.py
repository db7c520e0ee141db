"""How often bands of quantiles hold the truth, as they were learned and as `dlpy predict` shows them."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import numpy as np

from dlpy.runs.adapted_bands import adapts, with_own_widths
from dlpy.runs.bands import Bands, fitted, windows_of, with_widths
from dlpy.runs.predictions import Stored
from dlpy.scores.cross_fitting import crosswise
from dlpy.scores.quantiles import coverages
from dlpy.training.answers import Answers, arrays_of

_BLOCKS = 5
_SCORES = ("covered", "width", "interval_score")


def band_scores(answers: list[Answers], part: str, bands: Bands) -> dict[str, Any]:
    """Return `bands`: the scores of each band, widths in the target's own unit; nothing without quantiles."""
    if len(answers) > 1 or answers[0].quantiles is None:
        return {}
    return {"bands": scores_of_bands(stored_answers(answers[0], part), bands)}


def stored_answers(answers: Answers, part: str) -> Stored:
    """Return answers as predictions.npz holds them."""
    arrays = arrays_of(answers)
    target, prediction = (arrays[name].reshape(len(arrays["index"]), -1) for name in ("target", "prediction"))
    quantiles = arrays["quantiles"].reshape(*prediction.shape, len(answers.levels))
    output = replace(answers.task.output, quantiles=answers.levels)
    time = arrays["time"].astype("datetime64[us]") if "time" in arrays else None
    stored = Stored(part, target, prediction, arrays["index"], time=time, quantiles=quantiles, of=output)
    return replace(stored, origin=arrays.get("origin"), series=arrays.get("of_series"))


def scores_of_bands(stored: Stored, bands: Bands) -> list[dict[str, Any]]:
    """Return what is recorded of each band, the widest first.

    Bands of rows that the widths were fitted on are scored crosswise: each fifth with the widths of the others. Those
    of a series (`adapted`) have the widths that the errors of earlier forecasts suggest, on any rows. `by_chance` is
    the standard deviation of the coverage of exactly right bands, if the steps of a window, and windows that share
    targets, count as one.
    """
    apart = windows_of(stored)
    learned = _coverages(stored)
    adapted = adapts(stored, bands)
    cross = bool(bands.factors) and stored.part in bands.on and not adapted
    shown = _crosswise(stored, bands) if cross else with_own_widths(stored, bands)
    after = [None] * len(learned) if shown is None else _coverages(shown)
    found = []
    for plain, own in zip(learned, after, strict=True):
        told = own or {"asked": plain["asked"], **dict.fromkeys(_SCORES)}
        chance = math.sqrt(plain["asked"] * (1 - plain["asked"]) / max(1, apart))
        fit = {"learned": {key: plain[key] for key in _SCORES}, "cross_fitted": cross, "adapted": adapted}
        found.append({**told, "by_chance": chance, **(fit if bands.factors else {})})
    return found


def _coverages(stored: Stored) -> list[dict[str, float]]:
    if stored.quantiles is None or stored.of is None:
        return []
    target = stored.target.reshape(stored.quantiles.shape[:2])
    return coverages(target, stored.quantiles, stored.of.quantiles)


def _crosswise(stored: Stored, bands: Bands) -> Stored | None:
    """Return stored predictions, each part of the rows with the widths of the others; None if these are too few."""
    made = np.array(stored.quantiles, np.float64)
    for fit, score in _blocks(stored) if bands.in_time else crosswise(len(stored.index)):
        some = replace(stored, index=stored.index[fit])
        factors = fitted(stored, fit, windows_of(some) if bands.in_time else None)
        if factors is None:
            return None
        part = replace(stored, quantiles=made[score])
        made[score] = with_widths(part, factors).quantiles
    return replace(stored, quantiles=made)


def _blocks(stored: Stored) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Yield blocks of consecutive rows to score, after the rows to fit on: those without a target of the block."""
    length = (stored.of.horizon if stored.of is not None else None) or 1
    for block in np.array_split(np.argsort(stored.index, kind="stable"), _BLOCKS):
        if len(block):
            first, last = stored.index[block].min() - length, stored.index[block].max() + length
            yield np.flatnonzero((stored.index <= first) | (stored.index >= last)), block
