"""`dlpy calibrate`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from dlpy.cli.options import AsJson, RunName, RunsFolder

if TYPE_CHECKING:
    from dlpy.runs.directory import Run


def calibrate(
    name: RunName,
    undo: Annotated[bool, typer.Option("--undo", help="Remove the temperature again.")] = False,
    as_json: AsJson = False,
    runs_folder: RunsFolder = None,
) -> None:
    """Calibrate a run's probabilities by temperature scaling.

    One temperature divides the logits: above 1 if the model is too sure. It has
    the smallest log loss on the validation rows (of a k-fold run: the out-of-fold
    rows), is kept in the run's calibration.json, and is used by `evaluate` and
    `predict`. Predicted classes stay the same. The scores shown are cross-fitted:
    each fifth of the rows is scored at the temperature of the others.

    Example: dlpy calibrate latest
    """
    from dlpy.cli.lines import say, say_json, test_rows_lines
    from dlpy.cli.output import output
    from dlpy.cli.probability_tables import calibration_table
    from dlpy.runs.lookup import find_model
    from dlpy.training.calibrate import calibrate as calibrate_run

    run = find_model(name, runs_folder)
    if undo:
        _undo(run, as_json=as_json)
        return
    told = calibrate_run(run)
    if as_json:
        say_json(told)
        return
    output().print(calibration_table(told))
    _warn(run, told)
    say(f"kept in {run.path / 'calibration.json'}", *test_rows_lines(run))


def _undo(run: Run, *, as_json: bool) -> None:
    from dlpy.cli.lines import say, say_json
    from dlpy.training.calibrate import undo_calibration

    was_there = undo_calibration(run)
    if as_json:
        say_json({"removed": was_there})
    else:
        say(f"run {run.id} {'is no longer calibrated' if was_there else 'was not calibrated'}")


def _warn(run: Run, told: dict[str, Any]) -> None:
    """Say what keeps a temperature from calibrating the probabilities."""
    from dlpy.cli.lines import say
    from dlpy.scores.temperature import HIGHEST

    for name, own in told["outputs"].items():
        which = f"output '{name}': " if len(told["outputs"]) > 1 else ""
        if own["temperature"] == HIGHEST:
            say(f"warning: {which}the temperature is at its limit: these rows say little about the probabilities")
        elif own["after"]["log_loss"] >= own["before"]["log_loss"]:
            say(f"note: {which}the log loss is no lower with it: the probabilities were calibrated, or rows are few")
    if run.record().class_weighted or run.record().weighted_outputs:
        say("note: class weights shift the probabilities of whole classes, which a temperature cannot undo")
