"""`dlpy predict`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dlpy.cli.options import AsJson, RunName, RunsFolder, Strict

if TYPE_CHECKING:
    from collections.abc import Iterator

    from dlpy.runs.directory import Run
    from dlpy.training.given import Ask
    from dlpy.training.predict import Predicted


def predict(
    name: RunName,
    data: Annotated[
        Path | None,
        typer.Argument(
            metavar="FILE",
            help="Rows to predict: a table, arrays (npz), a text or image file, or a folder of these.",
        ),
    ] = None,
    text: Annotated[list[str] | None, typer.Option(help="Text to predict instead of a file; may be repeated.")] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="CSV file to write.  \\[default: standard output]")
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(metavar="COLUMNS", help="Columns of the table to copy, such as id,name; may be repeated."),
    ] = None,
    checkpoint: Annotated[str, typer.Option(help="Checkpoint to use: best or last.")] = "best",
    coverage: Annotated[
        float | None,
        typer.Option(metavar="FRACTION", help="Add intervals or sets of this coverage, such as 0.9 (see above)."),
    ] = None,
    ahead: Annotated[
        int | None,
        typer.Option(
            metavar="ROWS",
            min=1,
            max=1_000_000,
            help="Predict the next rows of each series in FILE (default: the data).",
        ),
    ] = None,
    embed: Annotated[
        Path | None,
        typer.Option(metavar="FOLDER", help="Write codes for TensorBoard's projector instead of predictions."),
    ] = None,
    score: Annotated[
        bool, typer.Option("--score", help="Score how unlike its forecast each row of a series is (see above).")
    ] = False,
    threshold: Annotated[
        float, typer.Option(metavar="FRACTION", help="With --score: share of usual rows not to flag.")
    ] = 0.99,
    truth: Annotated[
        str | None, typer.Option(metavar="COLUMN", help="With --score: column of 0 and 1 that marks known anomalies.")
    ] = None,
    strict: Strict = False,
    as_json: AsJson = False,
    runs_folder: RunsFolder = None,
) -> None:
    """Predict the rows of a file, or texts, with a run's best model.

    Writes a CSV with one line per row, in order; classes come with their
    probabilities. The target column may be missing. Values that no training row
    had (a new category, a number far outside the range) are reported on stderr.
    Probabilities are calibrated if `dlpy calibrate` was run, and classes decided
    by the threshold that `dlpy evaluate --threshold` chose.

    --coverage 0.9 adds split conformal intervals (prediction_low and _high) or
    sets of classes (prediction_set) that contain the truth for at least 90% of
    rows, whatever the model. The condition: new rows are exchangeable with the
    validation rows, as rows in random order from one source are. It fails for
    later rows of a series, for other sources, and for new groups. It holds over
    all rows, not for each class, and is bent slightly by the validation rows
    having chosen the epoch. A set holds the classes that are probable enough
    (LAC, the smallest sets); an empty one means that none is. Of a k-fold run
    with --refit, limits come from out-of-fold errors: about the coverage asked,
    without a proof.

    --ahead 24 continues a time series, or each of several in one file: 24 lines with the times after its last row.

    --score, for a run that forecasts a series, writes for each row of FILE
    (default: the run's own series) its value, its forecast, a score and a flag.
    The score is the forecast error in standard deviations of the validation
    errors (by the median and the median absolute deviation); of several steps
    ahead, the first one counts. Flagged is what is above the limit that
    --threshold 0.99 of the validation rows stay below: of rows without
    anomalies, at most 1% are flagged on average. The condition: their errors
    are exchangeable with those of the validation rows. It fails if the series
    changes its ways or the validation rows hold anomalies, and rows soon after
    an anomaly, which see it in their window, are flagged more often. --truth
    compares the flags with known anomalies: by rows, and by events, which are
    anomalous rows one after another. With --output scores.csv, the series is
    drawn in scores.png.

    --embed codes writes what goes into the last layer as vectors.tsv, with
    metadata.tsv and projector_config.pbtxt: `tensorboard --logdir codes` shows
    them. Of siamese and embedding, these are the codes of each input.

    Example: dlpy predict latest new_houses.csv --keep id --output predictions.csv
    """
    from dlpy.cli.lines import complain
    from dlpy.cli.output import errors
    from dlpy.cli.unfamiliar_table import show_unfamiliar
    from dlpy.core.errors import ConfigError
    from dlpy.ensembles.predict import ahead_together, predict_together
    from dlpy.runs.directory import ENSEMBLE
    from dlpy.runs.lookup import find_model
    from dlpy.training.evaluate import checkpoint_name
    from dlpy.training.given import Ask
    from dlpy.training.predict import predict as predict_file
    from dlpy.training.predict import predict_texts
    from dlpy.training.predict_ahead import predict_ahead
    from dlpy.training.predict_pieces import exceeds_memory, predict_pieces

    if score:
        unused = {"--text": text, "--keep": keep, "--coverage": coverage, "--ahead": ahead, "--embed": embed}
        unused |= {"--strict": strict or None, "--checkpoint": None if checkpoint == "best" else checkpoint}
        given = [name for name, value in unused.items() if value]
        if given:
            raise ConfigError(f"{given[0]} does not apply to --score: leave it out.")
        _score(find_model(name, runs_folder), data, (threshold, truth), output, as_json=as_json)
        return
    if truth is not None:
        raise ConfigError("--truth needs --score: add it.")
    if (data is None) == (not text) and (ahead is None or text):
        raise ConfigError("give either a file of rows to predict, or --text.")
    if output is not None and data is not None and output.resolve() == data.resolve():
        raise ConfigError(f"--output {output}: that is the file to predict. Give another name.")
    run = find_model(name, runs_folder)
    ask = Ask(checkpoint_name(checkpoint), tuple(keep or []), strict, coverage)
    if embed is not None:
        unused = {"--output": output, "--coverage": coverage, "--ahead": ahead}
        _embed(run, data or text or [], ask, embed, [name for name, value in unused.items() if value is not None])
        return
    if data is not None and ahead is None and exceeds_memory(run, data):
        _write_pieces(predict_pieces(run, data, ask, complain), output, as_json=as_json)
        return
    if ahead is not None:
        continued = ahead_together if run.record().kind == ENSEMBLE else predict_ahead
        predicted = continued(run, data, ahead, ask, complain)
    elif run.record().kind == ENSEMBLE:
        predicted = predict_together(run, data or text or [], ask, complain)
    else:
        predicted = predict_file(run, data, ask, complain) if data else predict_texts(run, text or [], ask, complain)
    show_unfamiliar(errors(), predicted.unfamiliar, "these rows")
    _write(predicted, output, as_json=as_json)


def _score(
    run: Run, data: Path | None, wanted: tuple[float, str | None], output: Path | None, *, as_json: bool
) -> None:
    """Score the rows of a series, and say what was found."""
    from dlpy.cli.lines import complain, say, say_json
    from dlpy.cli.predict_scores import lines_of, predict_scores, record_of

    threshold, truth = wanted
    if as_json and output is None:
        from dlpy.anomalies.score import score

        scored = score(run, data, threshold, truth, complain)
        say_json({**record_of(scored), "scores": scored.table().records()})
        return
    scored = predict_scores(run, data, threshold, truth, output)
    if as_json:
        say_json({**record_of(scored), "output": str(output)})
        return
    for line in lines_of(scored, threshold):
        (say if output is not None else complain)(line)
    if output is not None:
        say(f"scores: {output}, {output.with_suffix('.png')}")


def _embed(run: Run, given: Path | list[str], ask: Ask, folder: Path, unused: list[str]) -> None:
    """Write the codes of rows to a folder, and say so."""
    from dlpy.cli.lines import complain, say
    from dlpy.core.errors import ConfigError
    from dlpy.training.embed import embed

    if unused:
        raise ConfigError(f"{unused[0]} does not apply to --embed: leave it out.")
    codes = embed(run, given, ask, complain)
    codes.write(folder)
    count, size = codes.vectors.shape
    say(f"{count:,} codes of size {size}: {folder}")


def _write(predicted: Predicted, output: Path | None, *, as_json: bool) -> None:
    """Write the predictions to the output file, or print them, and print a summary."""
    from dlpy.cli.lines import say, say_json, write_data
    from dlpy.storage.atomic import write_whole

    table = predicted.to_csv()
    if output is not None:
        write_whole(output, lambda path: path.write_text(table, encoding="utf-8"))
    if as_json:
        where = {"predictions": predicted.records()} if output is None else {"output": str(output)}
        unfamiliar = [item.record() for item in predicted.unfamiliar]
        say_json({"rows": len(predicted.lines), "unfamiliar": unfamiliar, **where})
    elif output is None:
        write_data(table)
    else:
        say(f"{len(predicted.lines):,} predictions: {output}")


def _write_pieces(pieces: Iterator[Predicted], output: Path | None, *, as_json: bool) -> None:
    """Write the predictions for a file that is larger than memory while they are made."""
    from dlpy.cli.lines import say, say_json, write_data
    from dlpy.core.errors import ConfigError
    from dlpy.storage.atomic import write_whole

    if output is None:
        if as_json:
            raise ConfigError("--json: the file is larger than data.memory: write its predictions with --output FILE.")
        for number, predicted in enumerate(pieces):
            write_data(predicted.to_csv(with_names=number == 0))
        return
    counts: list[int] = []

    def write(path: Path) -> None:
        with path.open("w", encoding="utf-8") as file:
            for predicted in pieces:
                file.write(predicted.to_csv(with_names=not counts))
                counts.append(len(predicted.lines))

    write_whole(output, write)
    if as_json:
        say_json({"rows": sum(counts), "output": str(output)})
    else:
        say(f"{sum(counts):,} predictions: {output}")
