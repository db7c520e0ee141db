"""The held-out predictions of a run on which temperatures, thresholds and conformal limits are fitted."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from dlpy.core.errors import ConfigError, DataError, RunError
from dlpy.core.suggestions import command
from dlpy.data.task import Output
from dlpy.experiment.experiment import Experiment
from dlpy.runs import checkpoints
from dlpy.runs.directory import ENSEMBLE, FINAL_MODEL, Run, require_model, require_one_training
from dlpy.runs.lookup import final_model
from dlpy.runs.members import member_runs
from dlpy.runs.predictions import Stored
from dlpy.runs.results import outputs_of, stored_predictions, without_targets
from dlpy.training.evaluate import read_config

OUT_OF_FOLD = "out_of_fold"
_KINDS = {"classes": "classes", "labels": "labels", "numbers": "a numeric target"}


@dataclass(frozen=True)
class HeldOut:
    """Targets and predictions, by output, of rows that the run's best model was not trained on.

    part: validation, or out_of_fold of a k-fold run, whose predictions are those of the folds' models.
    epoch: of the best checkpoint. is_test: whether these rows are also the test rows.
    in_time: whether the rows are in time order, so that new rows are not exchangeable with them. is_refitted: whether
    new rows are predicted by a final model, or by an ensemble with one, which has seen these rows.
    """

    part: str
    epoch: int
    outputs: dict[str, Stored]
    is_test: bool
    in_time: bool
    is_refitted: bool = False

    @property
    def parts(self) -> list[str]:
        """The parts that these rows are."""
        return [self.part, "test"] if self.is_test else [self.part]

    @property
    def rows(self) -> dict[str, int]:
        """The number of rows by output."""
        return {name: len(stored.target) for name, stored in self.outputs.items()}


def held_out(run: Run) -> HeldOut:
    """Return the held-out predictions of a run; its data and its network are not needed.

    Raises:
        ConfigError: its model predicts no targets, or its folds are repeated.
        DataError: it has no held-out rows.
        RunError: its predictions are missing, damaged, not finite, or of another checkpoint.
    """
    require_model(run)
    if run.record().kind != ENSEMBLE:  # whose predictions are its own
        require_one_training(run)
    experiment, _ = read_config(run)
    if why := without_targets(run):
        raise ConfigError(f"{why}.")
    return _predicted(run, experiment, _part_of(run, experiment), best_epoch(run))


def out_of_fold(run: Run) -> HeldOut:
    """Return the out-of-fold predictions of a k-fold run, with or without a final model.

    Raises:
        ConfigError: its model predicts no targets.
        RunError: its predictions are missing, damaged or not finite.
    """
    experiment, _ = read_config(run)
    return _predicted(run, experiment, OUT_OF_FOLD, 0)


def _predicted(run: Run, experiment: Experiment, part: str, epoch: int) -> HeldOut:
    found = [stored for stored in stored_predictions(run) if stored.part == part]
    if not found and (status := run.record().status) != "completed":
        raise RunError(f"run {run.id} is {status}, and its validation rows are not predicted yet: finish training.")
    if not found:
        is_final = run.path.name == FINAL_MODEL
        hint = "a final model is trained on them too" if is_final else "set data.validation and train again"
        raise DataError(f"run {run.id} has no validation rows: {hint}.")
    if not all(np.isfinite(stored.prediction).all() for stored in found):
        raise RunError(f"some predictions for the validation rows of run {run.id} are not finite numbers.")
    (only, *_) = outputs_of(run)
    holdout = experiment.data.validation
    is_test = part == "validation" and holdout is not None and holdout.use == "test"
    by_name = {stored.output or only: stored for stored in found}
    is_refitted = part == "validation" and _has_final_model(run)
    return HeldOut(part, epoch, by_name, is_test, experiment.data.rows_are_in_time, is_refitted)


def _has_final_model(run: Run) -> bool:
    """Return whether a final model predicts new rows: that of the run, or of a member of an ensemble."""
    runs = member_runs(run) if run.record().kind == ENSEMBLE else [run]
    return any(final_model(one) is not None for one in runs if (one.path / "run.json").is_file())


def best_epoch(run: Run) -> int:
    """Return the epoch of the best checkpoint; 0 for an ensemble, which has none."""
    return 0 if run.record().kind == ENSEMBLE else checkpoints.read_state(run).epoch


def _part_of(run: Run, experiment: Experiment) -> str:
    """Return the part of predictions.npz that holds the predictions."""
    if run.record().kind == ENSEMBLE and any(stored.part == OUT_OF_FOLD for stored in stored_predictions(run)):
        return OUT_OF_FOLD  # of members that are k-fold runs
    if run.record().kind == "kfold":
        if not run.checkpoints.is_dir():
            raise RunError(f"run {run.id} has no final model: `dlpy kfold --refit` trains one.")
        if experiment.kfold.repeats > 1:
            raise ConfigError(
                f"run {run.id} has repeated folds: its out-of-fold predictions are means of several models, and say "
                "too little of the errors of one. Set kfold.repeats to 1 and validate again."
            )
        return OUT_OF_FOLD
    scored = run.evaluation().get("validation")
    if scored is not None and scored.checkpoint != "best":
        again = command("evaluate", run.id, "--split", "validation")
        raise RunError(f"predictions.npz holds predictions of checkpoint '{scored.checkpoint}': first run `{again}`.")
    return "validation"


def kind_of(output: Output) -> str:
    """Return the kind of an output in words: classes, labels or a numeric target."""
    return _KINDS["labels" if output.kind == "multilabel" else "classes" if output.has_classes else "numbers"]
