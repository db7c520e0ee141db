"""`dlpy predict`."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dlpy.cli.options import AsJson, RunName, RunsFolder, Strict, output_option

if TYPE_CHECKING:
    from dlpy.runs.directory import Run
    from dlpy.training.given import Ask


def predict(
    name: RunName,
    data: Annotated[
        str | None,
        typer.Argument(
            metavar="FILE",
            help="Rows to predict: a table, arrays (npz), a text or image file, a folder of these, or the address of "
            "one, such as s3://bucket/new.csv.",
        ),
    ] = None,
    text: Annotated[list[str] | None, typer.Option(help="Text to predict instead of a file; may be repeated.")] = None,
    output: Annotated[
        Path | None,
        output_option("FILE", "CSV file to write.  \\[default: standard output]"),
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
    from dlpy.core.errors import ConfigError
    from dlpy.runs.lookup import find_model
    from dlpy.training.evaluate import checkpoint_name
    from dlpy.training.given import Ask

    if score:
        unused = {"--text": text, "--keep": keep, "--coverage": coverage, "--ahead": ahead, "--embed": embed}
        unused |= {"--strict": strict or None, "--checkpoint": None if checkpoint == "best" else checkpoint}
        given = [name for name, value in unused.items() if value]
        if given:
            raise ConfigError(f"{given[0]} does not apply to --score: leave it out.")
        run = find_model(name, runs_folder)
        with _here(data) as path:
            _score(run, path, (threshold, truth), output, as_json=as_json)
        return
    if truth is not None:
        raise ConfigError("--truth needs --score: add it.")
    if (data is None) == (not text) and (ahead is None or text):
        raise ConfigError("give either a file of rows to predict, or --text.")
    if output is not None and data is not None and output.resolve() == Path(data).resolve():
        raise ConfigError(f"--output {output}: that is the file to predict. Give another name.")
    run = find_model(name, runs_folder)
    ask = Ask(checkpoint_name(checkpoint), tuple(keep or []), strict, coverage)
    with _here(data) as path:
        if embed is not None:
            unused = {"--output": output, "--coverage": coverage, "--ahead": ahead}
            _embed(run, path or text or [], ask, embed, [name for name, value in unused.items() if value is not None])
        else:
            _predict(run, path or text or [], (ask, ahead), output, as_json=as_json)


def _here(data: str | None) -> AbstractContextManager[Path | None]:
    """Return a block within which the file is on this machine."""
    from dlpy.storage.fetched import here

    return nullcontext() if data is None else here(data)


def _predict(
    run: Run, given: Path | list[str], asked: tuple[Ask, int | None], output: Path | None, *, as_json: bool
) -> None:
    """Predict the rows of a file, the next rows of each series in it, or texts, and write the predictions."""
    from dlpy.cli.lines import complain
    from dlpy.cli.output import errors
    from dlpy.cli.predicted_rows import write, write_pieces
    from dlpy.cli.unfamiliar_table import show_unfamiliar
    from dlpy.ensembles.predict import ahead_together, predict_together
    from dlpy.runs.directory import ENSEMBLE
    from dlpy.training.predict import predict as predict_file
    from dlpy.training.predict import predict_texts
    from dlpy.training.predict_ahead import predict_ahead
    from dlpy.training.predict_pieces import exceeds_memory, predict_pieces

    (ask, ahead), is_ensemble = asked, run.record().kind == ENSEMBLE
    if isinstance(given, Path) and ahead is None and exceeds_memory(run, given):
        write_pieces(predict_pieces(run, given, ask, complain), output, as_json=as_json)
        return
    if ahead is not None:
        continued = ahead_together if is_ensemble else predict_ahead
        predicted = continued(run, given if isinstance(given, Path) else None, ahead, ask, complain)
    elif is_ensemble:
        predicted = predict_together(run, given, ask, complain)
    elif isinstance(given, Path):
        predicted = predict_file(run, given, ask, complain)
    else:
        predicted = predict_texts(run, given, ask, complain)
    show_unfamiliar(errors(), predicted.unfamiliar, "these rows")
    write(predicted, output, as_json=as_json)


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
