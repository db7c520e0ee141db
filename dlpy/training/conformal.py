"""Conformal intervals and sets for a run's predictions, with limits from its held-out rows."""

from __future__ import annotations

import numpy as np

from dlpy.core.errors import ConfigError, DataError
from dlpy.data.task import Output
from dlpy.data.units import as_seen, own_numbers
from dlpy.runs.directory import Run
from dlpy.runs.predictions import Stored
from dlpy.runs.results import outputs_of
from dlpy.scores.calibration import are_probabilities
from dlpy.scores.conformal import doubts, errors, limits, rank_of, rows_needed, sets_within
from dlpy.scores.cross_fitting import crosswise
from dlpy.training.held_out import HeldOut, kind_of


def require_coverage(run: Run, coverage: float) -> None:
    """Raise ConfigError if the coverage is no fraction, or no output of the run has intervals or sets."""
    if not 0 < coverage < 1:
        raise ConfigError(f"--coverage {coverage:g}: expected a fraction between 0 and 1, such as 0.9.")
    outputs = outputs_of(run)
    if any(output.is_per_step for output in outputs.values()):
        raise ConfigError("--coverage: the steps of a row depend on each other, so that no coverage could be promised.")
    if any(output.quantiles for output in outputs.values()):
        raise ConfigError(f"--coverage: run {run.id} predicts quantiles, which are written in any case: leave it out.")
    if not any(map(has_limits, outputs.values())):
        kinds = " and ".join(sorted(set(map(kind_of, outputs.values())))) or "nothing"
        raise ConfigError(f"--coverage: run {run.id} predicts {kinds}: only numbers have intervals, and classes sets.")


def has_limits(output: Output) -> bool:
    """Return whether a target's predictions can be given as intervals or sets."""
    return output.has_classes or output.kind == "regression"


def limits_of(held: HeldOut, coverage: float) -> dict[str, np.ndarray]:
    """Return the limits of the nonconformity scores by output: (units,) of numbers, (1,) of classes.

    Raises:
        ConfigError: an output of classes does not give probabilities.
        DataError: there are fewer held-out rows than this coverage needs.
    """
    found = {}
    for name, stored in held.outputs.items():
        if stored.of is None or not has_limits(stored.of):
            continue
        if stored.of.has_classes and not are_probabilities(stored.target, stored.prediction):
            raise ConfigError(f"--coverage: output '{name}' gives numbers that are no probabilities.")
        own = limits(nonconformity(stored), coverage)
        if own is None:
            rows = f"this run has {len(stored.target):,}"
            raise DataError(f"--coverage {coverage:g} needs at least {rows_needed(coverage):,} held-out rows; {rows}.")
        found[name] = own
    return found


def nonconformity(stored: Stored) -> np.ndarray:
    """Return how far each row's truth is from its prediction: (rows, units) of numbers, (rows, 1) of classes.

    Of numbers it is the absolute error; if training sees the logarithm of the target, that of the logarithm, so that
    intervals grow with the prediction. Of classes it is 1 - the probability of the true one.
    """
    output = stored.of
    if output is None or output.has_classes:
        return doubts(stored.target, stored.prediction)
    return errors(_in_scale(stored.target, output), _in_scale(stored.prediction, output))


def interval(prediction: np.ndarray, own: np.ndarray, output: Output) -> tuple[np.ndarray, np.ndarray]:
    """Return the lower and upper ends of intervals in the target's own unit: (rows, units) each.

    Args:
        prediction: (rows, units), in the target's own unit.
        own: the limits, (units,).
        output: a numeric target; counts are never below 0.
    """
    middle = _in_scale(prediction, output)
    low, high = middle - own, middle + own
    if output.log_of_sum is not None:
        low, high = own_numbers(low, output), own_numbers(high, output)
    return np.maximum(low, 0) if output.is_count else low, high


def coverage_of_part(
    stored: Stored, coverage: float, given: np.ndarray, *, cross: bool
) -> dict[str, float | bool | None]:
    """Return the observed coverage of a part's intervals or sets, and their mean width or size.

    Args:
        stored: targets and predictions of an output.
        coverage: that was asked for.
        given: the limits.
        cross: whether the limits were computed on these rows: each fifth then has those of the others.
    """
    scores = nonconformity(stored)
    own = np.broadcast_to(given, scores.shape)
    if cross:
        fitted = [limits(scores[fit], coverage) for fit, _ in crosswise(len(scores))]
        if any(limit is None for limit in fitted):
            return {"asked": coverage, "covered": None, "cross_fitted": True}
        own = np.empty(scores.shape)
        for (_, score), limit in zip(crosswise(len(scores)), fitted, strict=True):
            own[score] = limit
    told = {"asked": coverage, "covered": float(np.mean(scores <= own)), "cross_fitted": cross}
    output = stored.of
    if output is None or output.has_classes:
        sizes = sets_within(stored.prediction, own).sum(axis=1)
        return told | {"size": float(sizes.mean()), "empty": float(np.mean(sizes == 0))}
    low, high = interval(stored.prediction, own, output)
    return told | {"width": float(np.mean(high - low))}


def guarantee_notes(held: HeldOut, coverage: float) -> list[str]:
    """Return what the user should know about the guarantee of intervals and sets."""
    notes = []
    if held.in_time:
        notes.append("the rows are in time order: later rows may differ from these, and the coverage is not guaranteed")
    is_out_of_fold = held.part == "out_of_fold"
    if is_out_of_fold or held.is_refitted:
        errors_of = "out-of-fold errors" if is_out_of_fold else "errors of the first model"
        notes.append(f"limits from {errors_of}: about the coverage asked, without a proof (final model refitted)")
    rows = min(held.rows.values())
    if rank_of(rows, coverage) == rows:
        notes.append(f"with {rows:,} held-out rows, the limit is the largest error of all")
    return notes


def _in_scale(numbers: np.ndarray, output: Output) -> np.ndarray:
    numbers = numbers.astype(np.float64)
    return as_seen(numbers, output) if output.log_of_sum is not None else numbers
