"""`dlpy calibrate`: temperature scaling fitted on held-out rows, and the scores of probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np

from dlpy.core.errors import ConfigError, DataError
from dlpy.runs.decision_records import CalibrationRecord
from dlpy.runs.decisions import CALIBRATION, forget_decision, write_decision
from dlpy.runs.directory import Run
from dlpy.runs.predictions import Stored
from dlpy.scores.calibration import (
    are_probabilities,
    brier_score,
    calibration_error,
    calibration_error_by_chance,
    log_loss,
)
from dlpy.scores.temperature import LOWEST, calibrated, cross_calibrated, fitted_temperature
from dlpy.training.held_out import held_out, kind_of

_FEWEST = 20  # rows: a temperature of fewer is noise


def calibrate(run: Run) -> dict[str, Any]:
    """Fit a temperature for each output of classes or labels, write calibration.json, and return what it changes.

    Returns:
        `on`, the rows that it was fitted on, and by output under `outputs`: `rows`, `temperature`, the scores of these
        rows as they are (`before`), and calibrated with temperatures of other rows (`after`).

    Raises:
        ConfigError: no output has classes or labels.
        DataError: there are too few held-out rows, or all are predicted right, so that no temperature is best.
    """
    held = held_out(run)
    chosen = {name: stored for name, stored in held.outputs.items() if _is_event(stored)}
    if not chosen:
        kinds = {kind_of(stored.of) for stored in held.outputs.values() if stored.of is not None}
        raise ConfigError(f"run {run.id} predicts {' and '.join(sorted(kinds))}: only probabilities are calibrated.")
    for name, stored in chosen.items():
        _check(run, name, stored)
    outputs = {name: _fitted(stored) for name, stored in chosen.items()}
    certain = [name for name, told in outputs.items() if told["temperature"] == LOWEST]
    if certain:
        right = f"the model predicts all held-out rows of run {run.id} right"
        raise DataError(f"{right}: the lower a temperature, the better it fits. More rows are needed.")
    temperatures = {name: told["temperature"] for name, told in outputs.items()}
    rows = {name: told["rows"] for name, told in outputs.items()}
    write_decision(run, CalibrationRecord(held.epoch, held.parts, temperatures, rows))
    return {"on": held.part, "outputs": outputs}


def undo_calibration(run: Run) -> bool:
    """Remove calibration.json; return whether the run was calibrated."""
    return forget_decision(run, CALIBRATION)


def _is_event(stored: Stored) -> bool:
    return stored.of is not None and (stored.of.has_classes or stored.of.kind == "multilabel")


def _check(run: Run, name: str, stored: Stored) -> None:
    if not are_probabilities(stored.target, stored.prediction):
        raise ConfigError(f"output '{name}' of run {run.id} gives numbers that are no probabilities.")
    if len(stored.target) < _FEWEST:
        raise DataError(f"run {run.id} has {len(stored.target)} held-out rows: a temperature needs at least {_FEWEST}.")


def _fitted(stored: Stored) -> dict[str, Any]:
    target, prediction = stored.target, stored.prediction
    return {
        "rows": len(target),
        "temperature": fitted_temperature(target, prediction),
        "before": probability_scores(target, prediction),
        "after": probability_scores(target, cross_calibrated(target, prediction)),
    }


def probability_scores(target: np.ndarray, prediction: np.ndarray) -> dict[str, float]:
    """Return log loss, Brier score and ECE, and the ECE that exactly right probabilities would have by chance."""
    return {
        "log_loss": log_loss(target, prediction),
        "brier": brier_score(target, prediction),
        "ece": calibration_error(target, prediction),
        "ece_by_chance": calibration_error_by_chance(target, prediction),
    }


def scores_of_part(stored: Stored, temperature: float | None, *, cross: bool) -> dict[str, Any]:
    """Return the scores of a part's probabilities, and `calibrated` those at the run's temperature.

    Args:
        stored: targets and predictions of an output.
        temperature: of the output; None: it is not calibrated.
        cross: whether the temperature was fitted on these rows: each fifth is then scored at that of the others.
    """
    target, prediction = stored.target, stored.prediction
    if not _is_event(stored) or not are_probabilities(target, prediction):
        return {}
    found: dict[str, Any] = {"probabilities": probability_scores(target, prediction)}
    if temperature is not None:
        after = cross_calibrated(target, prediction) if cross else calibrated(target, prediction, temperature)
        told = {"temperature": temperature, "cross_fitted": cross}
        found["calibrated"] = told | probability_scores(target, after)
    return found
