"""Thresholds of probabilities chosen on held-out rows, for two classes and for labels, and what they change."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from dlpy.core.errors import ConfigError, DataError
from dlpy.data.task import Output
from dlpy.runs.decision_records import ThresholdsRecord
from dlpy.runs.decisions import THRESHOLDS, clipped, forget_decision, write_decision
from dlpy.runs.directory import Run
from dlpy.runs.predictions import Stored
from dlpy.runs.results import class_names, outputs_of
from dlpy.scores.cross_fitting import crosswise
from dlpy.scores.temperature import scaled
from dlpy.scores.thresholds import USUAL, Criterion, chosen_threshold, scores_at
from dlpy.training.held_out import held_out, kind_of


def criterion_of(text: str) -> Criterion:
    """Return the criterion that the user typed.

    Raises:
        ConfigError: it is none.
    """
    try:
        return Criterion.parse(text)
    except ValueError as error:
        raise ConfigError(f"--threshold {text}: {error}.") from None


def require_thresholds(run: Run) -> None:
    """Raise ConfigError if no output of the run has a threshold."""
    outputs = outputs_of(run).values()
    if not any(map(has_thresholds, outputs)):
        kinds = " and ".join(sorted({"more than two classes" if o.has_classes else kind_of(o) for o in outputs}))
        raise ConfigError(f"--threshold: run {run.id} predicts {kinds}: only two classes, and labels, have thresholds.")


def has_thresholds(output: Output) -> bool:
    """Return whether a target is predicted by comparing probabilities with thresholds."""
    return output.kind in ("binary", "multilabel")


def choose_thresholds(run: Run, criterion: Criterion, temperatures: dict[str, float] | None = None) -> None:
    """Choose the thresholds of each output on the held-out rows and write thresholds.json; 0.5 removes the file.

    Args:
        criterion: what to choose for; a fixed value is one of the calibrated probabilities.
        temperatures: by output, of a calibrated run.

    Raises:
        ConfigError: no output has thresholds.
        DataError: no threshold fulfils the criterion.
    """
    require_thresholds(run)
    if criterion.name == "fixed" and criterion.value == USUAL:
        forget_decision(run, THRESHOLDS)
        return
    held = held_out(run)
    chosen = {}
    for name, stored in held.outputs.items():
        if stored.of is not None and has_thresholds(stored.of):
            own = _fixed_for(criterion, (temperatures or {}).get(name))
            chosen[name] = thresholds_for(stored.of, stored.target, stored.prediction, own)
    write_decision(
        run,
        ThresholdsRecord(held.epoch, held.parts, str(criterion), chosen, {name: held.rows[name] for name in chosen}),
    )


def choose_after_training(run: Run, criterion: str | None, tell: Callable[[str], object]) -> None:
    """Choose the thresholds that an experiment asks for; a note says so if there is none."""
    if criterion is None:
        return
    try:
        choose_thresholds(run, Criterion.parse(criterion))
    except (ConfigError, DataError) as error:
        tell(f"training.threshold: {error} Predictions are decided at 0.5.")


def thresholds_for(output: Output, target: np.ndarray, prediction: np.ndarray, criterion: Criterion) -> list[float]:
    """Return the threshold of the second class, or of each label.

    Args:
        output: of two classes, or labels.
        target: (rows,) class numbers, or (rows, labels) of 0 and 1.
        prediction: (rows, units).
        criterion: what to choose for.

    Raises:
        DataError: no threshold fulfils the criterion.
    """
    positive = target.reshape(prediction.shape) == 1
    found = [chosen_threshold(positive[:, i], prediction[:, i], criterion) for i in range(prediction.shape[1])]
    for name, threshold in zip(threshold_names(output, prediction.shape[1]), found, strict=True):
        if threshold is None:
            raise DataError(
                f"no threshold for '{name}' reaches {criterion} on the validation rows."
                if criterion.name == "precision"
                else f"all validation rows, or none, are '{name}': no threshold can be chosen on them."
            )
    return [threshold for threshold in found if threshold is not None]


def _fixed_for(criterion: Criterion, temperature: float | None) -> Criterion:
    """Return the criterion with a fixed value as one of the model's own probabilities."""
    if criterion.name != "fixed" or temperature is None:
        return criterion
    return Criterion("fixed", shown_threshold(criterion.value, 1 / temperature))


def shown_threshold(threshold: float, temperature: float | None) -> float:
    """Return a threshold of the model's own probabilities as one of the calibrated ones."""
    if temperature is None or threshold <= 0:
        return clipped(threshold)
    return float(scaled(np.array([[threshold]]), temperature, apart=True)[0, 0])


def effects_on_part(
    stored: Stored, chosen: tuple[Criterion, list[float]], temperature: float | None, *, cross: bool
) -> list[dict[str, Any]]:
    """Return, for the second class or for each label, the scores at 0.5 and at the chosen threshold.

    Args:
        stored: targets and predictions of an output.
        chosen: the criterion and its thresholds.
        temperature: of the output, for the threshold that is shown; None: it is not calibrated.
        cross: whether the thresholds were chosen on these rows: each fifth is then scored at that of the others.
    """
    (criterion, thresholds), effects = chosen, []
    costs = criterion.costs if criterion.name == "cost" else None
    positive = stored.target.reshape(stored.prediction.shape) == 1
    names = [] if stored.of is None else threshold_names(stored.of, stored.prediction.shape[1])
    for column, (name, threshold) in enumerate(zip(names, thresholds, strict=True)):
        true, probability = positive[:, column], stored.prediction[:, column]
        is_cross = cross and criterion.name != "fixed"
        said = _cross_predicted(true, probability, criterion) if is_cross else probability > threshold
        told = {"of": name, "criterion": str(criterion), "threshold": shown_threshold(threshold, temperature)}
        after = None if said is None else scores_at(true, said, costs)
        before = scores_at(true, probability > USUAL, costs)
        effects.append(told | {"cross_fitted": is_cross, "at_half": before, "at_threshold": after})
    return effects


def _cross_predicted(positive: np.ndarray, probability: np.ndarray, criterion: Criterion) -> np.ndarray | None:
    """Return what is predicted for each fifth of the rows at the threshold of the others; None if there is none."""
    said = np.zeros(len(positive), bool)
    for fit, score in crosswise(len(positive)):
        threshold = chosen_threshold(positive[fit], probability[fit], criterion)
        if threshold is None:
            return None
        said[score] = probability[score] > threshold
    return said


def threshold_names(output: Output, units: int) -> list[str]:
    """Return what is predicted above each threshold: the second class, or each of `units` labels."""
    return class_names(output, 2)[1:] if output.kind == "binary" else class_names(output, units)
