"""What a run's predictions are turned into: calibrated probabilities, decisions at thresholds, intervals and sets."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np

from dlpy.core.errors import ConfigError, RunError
from dlpy.data.task import Output
from dlpy.runs import checkpoints
from dlpy.runs.decision_records import CalibrationRecord, ThresholdsRecord
from dlpy.runs.decisions import (
    CALIBRATION,
    THRESHOLDS,
    read_calibration,
    read_thresholds,
)
from dlpy.runs.directory import Run
from dlpy.runs.predictions import Stored
from dlpy.runs.results import outputs_of, stored_predictions
from dlpy.training.calibrate import scores_of_part
from dlpy.training.conformal import coverage_of_part, guarantee_notes, limits_of, require_coverage
from dlpy.training.evaluate import Tell
from dlpy.training.held_out import HeldOut, best_epoch, held_out
from dlpy.training.thresholds import (
    choose_thresholds,
    criterion_of,
    effects_on_part,
    shown_threshold,
    threshold_names,
)

Record = TypeVar("Record", CalibrationRecord, ThresholdsRecord)


@dataclass(frozen=True)
class Decision:
    """How the predictions of one output are shown.

    temperature: of its probabilities; None: they stay as they are.
    criterion, thresholds: above which the second class, or a label, is predicted, of the model's own probabilities;
    None: 0.5. limits: of the nonconformity scores of its intervals or sets; None: there are none.
    """

    temperature: float | None = None
    criterion: str = ""
    thresholds: list[float] | None = None
    limits: np.ndarray | None = None


def decisions_of(run: Run, epoch: int, tell: Tell, coverage: float | None = None) -> dict[str, Decision]:
    """Return how the predictions of each output are shown.

    Args:
        run: the run.
        epoch: of the checkpoint that predicts; what was fitted for another one is left out, with a line.
        tell: shows what the user should know.
        coverage: of intervals and sets; None: there are none.

    Raises:
        RunError: a file is damaged, or belongs to another run.
        ConfigError, DataError: there can be no intervals or sets of this coverage.
    """
    calibration = _of_epoch(read_calibration(run), CALIBRATION, epoch, tell)
    chosen = _of_epoch(read_thresholds(run), THRESHOLDS, epoch, tell)
    limits: dict[str, np.ndarray] = {}
    if coverage is not None:
        held = _held_for(run, epoch, coverage)
        limits = limits_of(held, coverage)
        for note in guarantee_notes(held, coverage):
            tell(f"--coverage {coverage:g}: {note}")
    found = {}
    for name, output in outputs_of(run).items():
        thresholds = None if chosen is None else chosen.thresholds.get(name)
        if thresholds is not None and len(thresholds) != (output.units or 1):
            raise RunError(f"{run.path / THRESHOLDS} is damaged: '{name}' has {len(thresholds)} thresholds.")
        temperature = None if calibration is None else calibration.temperatures.get(name)
        criterion = "" if chosen is None else chosen.criterion
        found[name] = Decision(temperature, criterion, thresholds, limits.get(name))
    return found


def notes_of(decisions: Mapping[str, Decision], outputs: Mapping[str, Output]) -> Iterator[str]:
    """Yield a line for each output whose probabilities are calibrated, or whose thresholds are not 0.5."""
    for name, decision in decisions.items():
        of = f"{name}: " if len(decisions) > 1 else ""
        if decision.temperature is not None:
            yield f"{of}probabilities are calibrated (temperature {decision.temperature:.4g}; dlpy calibrate --undo)"
        if decision.thresholds is not None:
            shown = (shown_threshold(threshold, decision.temperature) for threshold in decision.thresholds)
            named = zip(threshold_names(outputs[name], len(decision.thresholds)), shown, strict=True)
            limits = ", ".join(f"{label} above {threshold:.4g}" for label, threshold in named)
            yield f"{of}predicted is {limits} ({decision.criterion}; dlpy evaluate --threshold 0.5 takes it back)"


def _held_for(run: Run, epoch: int, coverage: float) -> HeldOut:
    """Return the held-out predictions, which have to be those of the checkpoint that predicts."""
    require_coverage(run, coverage)
    held = held_out(run)
    if held.epoch != epoch:
        raise ConfigError(f"--coverage: its limits are those of the best checkpoint (epoch {held.epoch}), not {epoch}.")
    return held


def _of_epoch(record: Record | None, name: str, epoch: int, tell: Tell) -> Record | None:
    if record is not None and record.epoch != epoch:
        tell(f"{name} is that of epoch {record.epoch}: not used for the predictions of epoch {epoch}")
        return None
    return record


def decide(run: Run, threshold: str | None, coverage: float | None, which: checkpoints.Which) -> None:
    """Choose and keep the thresholds that the user asks for, and check the coverage, before anything is scored.

    Args:
        run: the run.
        threshold: the criterion as typed; None: the thresholds stay as they are.
        coverage: of intervals and sets.
        which: the checkpoint that is scored; only the best one has thresholds and limits.

    Raises:
        ConfigError, DataError, RunError: this is impossible for the run.
    """
    if which != "best" and (threshold is not None or coverage is not None):
        raise ConfigError("--threshold and --coverage go with the best checkpoint: leave --checkpoint out.")
    criterion = None if threshold is None else criterion_of(threshold)
    calibration, _ = read_calibration(run), read_thresholds(run)
    if coverage is not None:
        require_coverage(run, coverage)
        limits_of(held_out(run), coverage)
    if criterion is not None:
        choose_thresholds(run, criterion, dict(calibration.temperatures) if calibration else None)


def with_decisions(
    run: Run, results: dict[str, Any], tell: Tell, coverage: float | None = None, *, is_best: bool = True
) -> dict[str, Any]:
    """Return the results of `evaluate` with the scores of probabilities, thresholds and intervals, as written.

    They come from predictions.npz, which `evaluate` has just written, and are added to evaluation.json.

    Args:
        run: the run.
        results: by part.
        tell: shows what the user should know.
        coverage: of intervals and sets to score; None: there are none.
        is_best: whether these are the scores of the best checkpoint; nothing is fitted for the last one.
    """
    decisions = {name: Decision() for name in outputs_of(run)}
    held = None
    if is_best and (coverage is not None or read_calibration(run) or read_thresholds(run)):
        decisions = decisions_of(run, best_epoch(run), tell, coverage)
        held = held_out(run)
    found: dict[str, Any] = {part: dict(result) for part, result in results.items()}
    for stored in stored_predictions(run):
        if stored.part in found:
            name = stored.output or next(iter(decisions))
            cross = held is not None and stored.part in held.parts
            told = _told(stored, decisions[name], coverage, cross=cross)
            _place(found[stored.part], stored.output, told)
    run.change("evaluation.json", lambda before: before | found)
    return found


def _told(stored: Stored, decision: Decision, coverage: float | None, *, cross: bool) -> dict[str, Any]:
    """Return what is recorded of a part and an output."""
    told = scores_of_part(stored, decision.temperature, cross=cross)
    if decision.thresholds is not None:
        chosen = (criterion_of(decision.criterion), decision.thresholds)
        told["thresholds"] = effects_on_part(stored, chosen, decision.temperature, cross=cross)
    if decision.limits is not None and coverage is not None:
        told["coverage"] = coverage_of_part(stored, coverage, decision.limits, cross=cross)
    return told


def _place(result: dict[str, Any], output: str, told: dict[str, Any]) -> None:
    """Add what is recorded of an output to the result of its part."""
    if not output:
        result |= told
        return
    outputs = dict(result.get("outputs", {}))
    outputs[output] = outputs.get(output, {}) | told
    result["outputs"] = outputs
