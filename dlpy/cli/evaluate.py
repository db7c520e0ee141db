"""`dlpy evaluate`."""

from __future__ import annotations

from typing import Annotated

import typer

from dlpy.cli.options import AsJson, RunName, RunsFolder, Strict


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
    strict: Strict = False,
    as_json: AsJson = False,
    runs_folder: RunsFolder = None,
) -> None:
    """Score a run's best model on its validation and test rows, next to the baseline.

    Every evaluation on the test rows leaks a little information, so run.json counts them.

    Of a run with several seeds, all are scored: the values are means, with the standard deviation between the seeds.
    RUN/seeds/2 is the run of the second seed alone.

    Example: dlpy evaluate latest --split test
    """
    from dlpy.cli.class_lines import class_lines
    from dlpy.cli.lines import complain, say, say_json
    from dlpy.cli.output import output
    from dlpy.cli.progress import announce_stand_in
    from dlpy.cli.score_lines import score_table
    from dlpy.cli.unfamiliar_table import show_unfamiliar
    from dlpy.data.unfamiliar import Unfamiliar
    from dlpy.drawing.figures import draw_all
    from dlpy.runs.directory import SEEDS
    from dlpy.runs.lookup import find_model
    from dlpy.training.evaluate import checkpoint_name, part_names
    from dlpy.training.evaluate import evaluate as evaluate_run
    from dlpy.training.evaluate_seeds import evaluate_seeds

    run = find_model(name, runs_folder)
    parts, which = part_names(split or []), checkpoint_name(checkpoint)
    score = evaluate_seeds if run.record().kind == SEEDS else evaluate_run
    results = score(run, parts, which, complain, strict=strict)
    draw_all(run, complain)
    if as_json:
        say_json(results)
        return
    console = output()
    record = run.record()
    data = record.data
    announce_stand_in(console, data.source, data.description, always_generated=data.always_generated)
    console.print(score_table(results))
    for part, result in results.items():
        for name, told in {"": result, **result.get("outputs", {})}.items():
            for shown in class_lines(f"{part}: {name}" if name else part, told.get("classes", [])):
                console.print(shown)
        show_unfamiliar(console, [Unfamiliar.of(told) for told in result["unfamiliar"]], f"the {part} rows")
    if "test" in results:
        say(f"evaluations on the test rows so far: {record.test_looks}")
