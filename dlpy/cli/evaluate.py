"""`dlpy evaluate`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

import typer

from dlpy.cli.options import AsJson, Interval, RunName, RunsFolder, Strict

if TYPE_CHECKING:
    from dlpy.runs.directory import Run


def evaluate(
    name: RunName,
    split: Annotated[
        list[str] | None,
        typer.Option(
            "--split",
            help="Rows to score: train, validation or test; may be repeated.  \\[default: validation and test]",
        ),
    ] = None,
    checkpoint: Annotated[str, typer.Option(help="Checkpoint to use: best or last.")] = "best",
    interval: Interval = False,
    threshold: Annotated[
        str | None,
        typer.Option(
            metavar="CRITERION",
            help="Choose the threshold of two classes, or of each label, on the validation rows, and keep it for "
            "predict: f1, precision=0.95, recall=0.9, cost=fp:1,fn:5, or a number. 0.5 removes it.",
        ),
    ] = None,
    coverage: Annotated[
        float | None,
        typer.Option(metavar="FRACTION", help="Score conformal intervals or sets of this coverage, such as 0.9."),
    ] = None,
    strict: Strict = False,
    as_json: AsJson = False,
    runs_folder: RunsFolder = None,
) -> None:
    """Score a run's best model on its validation and test rows, next to the baseline.

    Every evaluation on the test rows leaks a little information, so run.json counts them.
    Probabilities are scored by log loss, Brier score and expected calibration
    error (ece); `by chance` is the ece that exactly right probabilities would
    have on as many rows.

    Thresholds, temperatures (dlpy calibrate) and limits of intervals come from
    the validation rows. These rows themselves are scored crosswise: each fifth
    with what was fitted on the others. --coverage: see dlpy predict --help.

    Of a run with several seeds, all are scored: the values are means, with the standard deviation between the seeds.
    RUN/seeds/2 is the run of the second seed alone.

    Of an ensemble, the score of each member stands beside it, and how much the members differ. Rows that chose its
    weights are scored crosswise too.

    Example: dlpy evaluate latest --split test
    """
    from dlpy.cli.lines import complain, say_json
    from dlpy.cli.report import leave
    from dlpy.compare.score_intervals import with_intervals
    from dlpy.drawing.evaluated import draw_evaluated
    from dlpy.ensembles.evaluate import evaluate_ensemble
    from dlpy.runs.directory import ENSEMBLE, SEEDS
    from dlpy.runs.lookup import find_model
    from dlpy.training.decisions import decide, with_decisions
    from dlpy.training.evaluate import checkpoint_name
    from dlpy.training.evaluate import evaluate as evaluate_run
    from dlpy.training.evaluate_seeds import evaluate_seeds, refuse_for_seeds
    from dlpy.training.split_names import part_names

    run = find_model(name, runs_folder)
    parts, which = part_names(split or []), checkpoint_name(checkpoint)
    kind = run.record().kind
    if kind == SEEDS:
        refuse_for_seeds(run, {"--interval": interval, "--threshold": threshold, "--coverage": coverage})
        results = evaluate_seeds(run, parts, which, complain, strict=strict)
    else:
        decide(run, threshold, coverage, which)
        score = evaluate_ensemble if kind == ENSEMBLE else evaluate_run
        results = score(run, parts, which, complain, strict=strict)
        if interval:
            results = with_intervals(run, results)
        results = with_decisions(run, results, complain, coverage, is_best=which == "best")
    draw_evaluated(run, complain)
    leave(run)
    if as_json:
        say_json(results)
        return
    _print(run, results)


def _print(run: Run, results: dict[str, Any]) -> None:
    """Print the scores of each split and by class, what was decided on validation rows, and unfamiliar values."""
    from dlpy.cli.class_lines import class_lines, span_lines
    from dlpy.cli.ensemble_tables import show_members
    from dlpy.cli.forecast_tables import forecast_tables
    from dlpy.cli.lines import say
    from dlpy.cli.output import output
    from dlpy.cli.probability_tables import decision_tables
    from dlpy.cli.progress import announce_stand_in
    from dlpy.cli.score_lines import interval_notes, score_table
    from dlpy.cli.unfamiliar_table import show_unfamiliar
    from dlpy.data.unfamiliar import Unfamiliar

    console = output()
    record = run.record()
    data = record.data
    announce_stand_in(console, data.source, data.description, always_generated=data.always_generated)
    console.print(score_table(results))
    for line in interval_notes(results):
        say(line)
    _tell_final(run, results)
    show_members(results)
    for part, result in results.items():
        for name, told in {"": result, **result.get("outputs", {})}.items():
            for shown in class_lines(f"{part}: {name}" if name else part, told.get("classes", [])):
                console.print(shown)
            for shown in span_lines(f"{part}: {name}" if name else part, told.get("spans", [])):
                console.print(shown)
    for shown in forecast_tables(results):
        console.print(shown)
    for shown in decision_tables(results):
        console.print(shown)
    for part, result in results.items():
        show_unfamiliar(console, [Unfamiliar.of(told) for told in result["unfamiliar"]], f"the {part} rows")
    if "test" in results:
        say(f"evaluations on the test rows so far: {record.test_looks}")


def _tell_final(run: Run, results: dict[str, Any]) -> None:
    """Print which of a run's two models scored the rows, where it has a final one."""
    from dlpy.cli.lines import say
    from dlpy.runs.lookup import final_model

    if results.get("test", {}).get("checkpoint") == "best" and final_model(run) is not None:
        say("test rows are scored with the final model (training.refit), others with the first one")
