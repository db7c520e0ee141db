"""`dlpy compare`."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from dlpy.cli import completion
from dlpy.cli.options import AsJson, RunsFolder

if TYPE_CHECKING:
    from dlpy.compare.sides import Side
    from dlpy.runs.directory import Run


def compare(
    run_names: Annotated[
        list[str],
        typer.Argument(
            metavar="RUN",
            help="Two or more runs. RUN,RUN,RUN joins runs of one experiment with several seeds.",
            autocompletion=completion.runs,
        ),
    ],
    to: Annotated[
        str | None, typer.Option("--to", metavar="RUN", help="Run to compare the others with.  \\[default: the first]")
    ] = None,
    split: Annotated[
        str | None,
        typer.Option(
            "--split",
            help="Rows to compare on: validation or test.  \\[default: test if all runs were evaluated on it]",
        ),
    ] = None,
    scores: Annotated[
        str | None, typer.Option("--score", metavar="SCORE,...", help="Only these scores, such as accuracy,auc.")
    ] = None,
    by_class: Annotated[bool, typer.Option("--by-class", help="Also compare F1 of each class.")] = False,
    figure: Annotated[
        Path | None,
        typer.Option("--plot", metavar="FILE.png", help="Draw scores and differences; curves go to FILE-curves.png."),
    ] = None,
    as_json: AsJson = False,
    runs_folder: RunsFolder = None,
) -> None:
    """Compare runs on the same rows: is one better, or is it chance?

    Every score has its 95 % interval, and every difference its own, computed
    from the same rows of both runs: two intervals of scores may overlap although
    the difference is clear. "No difference can be seen" does not mean that there
    is none: more rows, or more seeds, may show one.

    Two runs are two trained models; where these differ by the seed alone, no
    difference of experiments is claimed. To compare two experiments, give several
    seeds of each (runs of dlpy train --seeds 5, or RUN,RUN,RUN): then the chance
    of the seeds is in the interval too.

    Validation rows chose the epoch of each run; test rows are fair, unless you
    pick the run by them. k-fold runs are compared by their out-of-fold
    predictions. Runs that were scored on different rows are refused.

    Example: dlpy compare boston_holdout boston_final --plot compared.png
    """
    from dlpy.cli.compare_tables import show
    from dlpy.cli.lines import say, say_json
    from dlpy.compare.compare import Choice
    from dlpy.compare.compare import compare as compared
    from dlpy.compare.figure import draw
    from dlpy.core.errors import ConfigError
    from dlpy.storage.atomic import require_writable

    if figure is not None:
        if figure.suffix.lower() != ".png":
            raise ConfigError(f"--plot {figure}: expected a file that ends with .png.")
        require_writable(figure.parent)
    given = _sides([*run_names, *([to] if to else [])], split, runs_folder)
    sides, reference = _distinct(given), given[-1 if to else 0].name
    chosen = [name.strip() for name in (scores or "").split(",") if name.strip()]
    number = [side.name for side in sides].index(reference)
    record = compared(sides, Choice(number, chosen, by_class))
    written = [] if figure is None else draw(record, sides, figure)
    if as_json:
        say_json(record)
        return
    show(record)
    for path in written:
        say(f"plot: {path}")


def _sides(names: list[str], split: str | None, folder: Path | None) -> list[Side]:
    """Return the sides of the comparison in the order of the command line."""
    from dlpy.compare.sides import common_part, side_of
    from dlpy.core.errors import ConfigError, did_you_mean

    part = {"folds": "out_of_fold"}.get(split or "", split)
    if part not in (None, "validation", "test", "out_of_fold"):
        raise ConfigError(f"--split {split}: there are no such rows.{did_you_mean(part, ['validation', 'test'])}")
    given = {name: _runs(name, folder) for name in names}
    part = common_part([run for runs in given.values() for run in runs], part)
    return [side_of(_label(runs), runs, part) for runs in given.values()]


def _distinct(sides: list[Side]) -> list[Side]:
    """Return each side once.

    Raises:
        ConfigError: fewer than two are left.
    """
    from dlpy.core.errors import ConfigError

    found = list({side.name: side for side in sides}.values())
    if len(found) < 2:
        raise ConfigError("compare needs at least two different runs.")
    return found


def _runs(name: str, folder: Path | None) -> list[Run]:
    """Return the run of a name, or the runs of several names that are joined by commas."""
    from dlpy.runs.lookup import find_model

    if "," not in name or Path(name).is_dir():
        return [find_model(name, folder)]
    found = {run.path: run for run in (find_model(each, folder) for each in name.split(",") if each)}
    return list(found.values())


def _label(runs: list[Run]) -> str:
    return runs[0].id if len(runs) == 1 else f"{runs[0].id} and {len(runs) - 1} more"
