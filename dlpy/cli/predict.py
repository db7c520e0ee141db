"""`dlpy predict`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dlpy.cli.evaluate import RunName
from dlpy.cli.train import RunsFolder


def predict(
    name: RunName,
    data: Annotated[
        Path | None,
        typer.Argument(
            metavar="[FILE]",
            help="Rows to predict: a table or arrays, a text or a picture, or a folder of these.",
        ),
    ] = None,
    text: Annotated[list[str] | None, typer.Option(help="A text to predict instead; may be repeated.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="Where the CSV goes.  \\[default: standard output]")
    ] = None,
    checkpoint: Annotated[str, typer.Option(help="best or last.")] = "best",
    runs_folder: RunsFolder = None,
) -> None:
    """Predict the rows of a file, or texts, with a run's best model and write a CSV, one line a row, in their order.

    The target column may be missing. Classes come with their probabilities.

    Example: dlpy predict latest new_houses.csv --output predictions.csv
    """
    from dlpy import evaluation, runs
    from dlpy.cli.lines import complain, hand_over, say
    from dlpy.errors import ConfigError
    from dlpy.predictions import to_csv
    from dlpy.writing import write_whole

    if (data is None) == (not text):
        raise ConfigError("give either a file of rows to predict, or --text.")
    if output is not None and data is not None and output.resolve() == data.resolve():
        raise ConfigError(f"--output {output}: that is the file to predict. Give another name.")
    run = runs.find(name, runs_folder)
    which = evaluation.checkpoint_name(checkpoint)
    if data is None:
        prediction, rows, task = evaluation.predict_texts(run, text or [], which, complain)
    else:
        prediction, rows, task = evaluation.predict(run, data, which, complain)
    table = to_csv(prediction, rows, task)
    if output is None:
        hand_over(table)
        return
    write_whole(output, lambda path: path.write_text(table, encoding="utf-8"))
    say(f"{len(prediction):,} predictions: {output}")
