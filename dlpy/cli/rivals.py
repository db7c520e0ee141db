"""`dlpy rivals`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dlpy.cli import completion
from dlpy.cli.options import AsJson, Cpus, Gpus, Memory, On, Overrides, Quiet, RunsFolder, command_line
from dlpy.cli.place import place_of
from dlpy.cli.report import leave

if TYPE_CHECKING:
    from rich.table import Table

    from dlpy.runs.directory import Run


def rivals(
    what: Annotated[
        str,
        typer.Argument(
            metavar="EXPERIMENT|RUN",
            help="Experiment file, which is trained, or a completed run.",
            autocompletion=completion.runs,
        ),
    ],
    overrides: Overrides = None,
    only: Annotated[
        str | None, typer.Option("--with", help="Classic models, such as boosting,linear.  \\[default: all that fit]")
    ] = None,
    kfold: Annotated[bool, typer.Option("--kfold", help="Compare over the experiment's folds.")] = False,
    test: Annotated[
        bool, typer.Option("--test", help="Compare on the test rows, which counts as an evaluation on them.")
    ] = False,
    on: On = None,
    gpus: Gpus = None,
    cpus: Cpus = None,
    memory: Memory = None,
    as_json: AsJson = False,
    quiet: Quiet = False,
    runs_folder: RunsFolder = None,
) -> None:
    """Fit classic models to the rows of a run, and show their scores beside its own.

    All learn the same training rows, with default options, and are scored on the
    same validation rows or folds.

    Example: dlpy rivals configs/boston_holdout.yaml --with boosting,linear
    """
    from dlpy.cli.lines import say_json
    from dlpy.cli.output import output
    from dlpy.cli.progress import reporter, shown_path
    from dlpy.training.rivals import rivals as compare

    place = place_of(on, gpus, cpus, memory)
    run = _run(what, overrides or [], runs_folder, (kfold, quiet or as_json))
    names = [name.strip() for name in (only or "").split(",") if name.strip()]
    with reporter(quiet=quiet or as_json) as report:
        record = compare(run, names, report, test=test, place=place)
    leave(run)
    if as_json:
        say_json(record)
        return
    console = output()
    console.print(_table(record))
    console.print(record["verdict"], soft_wrap=True)
    console.print(f"run: {shown_path(run.path)}", soft_wrap=True)


def _run(what: str, overrides: list[str], folder: Path | None, how: tuple[bool, bool]) -> Run:
    """Return a run by its name, or that of an experiment file, which is trained.

    Args:
        how: whether over folds, and whether quietly.
    """
    from dlpy.cli.progress import reporter
    from dlpy.core.errors import ConfigError
    from dlpy.experiment.experiment import load
    from dlpy.runs.how import How
    from dlpy.runs.lookup import default_runs_folder, find_run
    from dlpy.training.kfold import kfold as run_kfold
    from dlpy.training.record import Options
    from dlpy.training.train import train as train_run

    over_folds, quiet = how
    if not Path(what).is_file():
        if overrides or over_folds:
            given = overrides[0] if overrides else "--kfold"
            raise ConfigError(f"{given}: a run keeps its options. Give the experiment file instead of run {what}.")
        return find_run(what, folder)
    experiment, document = load(Path(what), overrides)
    folder = folder or default_runs_folder()
    with reporter(quiet=quiet, parts=over_folds) as report:
        if over_folds:
            return run_kfold(experiment, document, Options(folder, command_line(), "kfold", folds=How()), report)
        return train_run(experiment, document, Options(folder, command_line()), report)


def _table(record: dict[str, Any]) -> Table:
    """Return a table with a line for each model, the best first, then the baseline and those without scores."""
    from rich.table import Table

    from dlpy.cli.score_lines import score_text

    names = list(record["scores"])
    table = Table(box=None, pad_edge=False)
    for title in ("model", *names, "seconds", ""):
        table.add_column(title, justify="left" if title in ("model", "") else "right", no_wrap=title != "")
    lines = [(record["model"], record, "this run"), *((name, told, "") for name, told in record["rivals"].items())]
    for name, told, note in lines:
        scores = [score_text(told["scores"].get(score)) for score in names]
        seconds = "" if told.get("seconds") is None else f"{told['seconds']:.1f}"
        table.add_row(name, *scores, seconds, told.get("reason") or note)
    usual = record["baseline"]
    cells = ["" if usual.get(score) is None else score_text(usual[score]) for score in names]
    table.add_row("baseline", *cells, "", usual.get("guess", ""))
    return table
