"""`dlpy runs`."""

from __future__ import annotations

from dataclasses import asdict
from operator import itemgetter
from typing import TYPE_CHECKING, Annotated, Any

import typer

from dlpy.cli import completion
from dlpy.cli.options import AsJson, RunsFolder
from dlpy.cli.trials_table import list_trials, search_row

if TYPE_CHECKING:
    from dlpy.runs.directory import Run


def runs(
    names: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="RUN",
            help="Runs to show: ids, paths or 'latest'.  \\[default: all]",
            autocompletion=completion.runs,
        ),
    ] = None,
    verify: Annotated[
        bool, typer.Option("--verify", help="Read every byte and report damaged files; exit status 7 if there are any.")
    ] = False,
    sort: Annotated[
        str, typer.Option(help="Column to sort by: id, status, seconds, or a score such as val_auc (best first).")
    ] = "id",
    reverse: Annotated[bool, typer.Option("--reverse", "-r", help="Reverse the order.")] = False,
    as_json: AsJson = False,
    runs_folder: RunsFolder = None,
) -> None:
    """List runs with their best scores, or verify their files.

    A search is one line; given alone, its trials are listed, which --sort sorts
    by score (best first) or by the name of an option. So are the folds of a k-fold
    run and the runs of several seeds.

    Of runs with several outputs, the losses and the metrics of the held-out rows
    are shown; --json prints all scores, and --sort takes any of them.

    Runs without the score to sort by, or with an undefined one, come last.

    Example: dlpy runs --sort val_loss
    """
    from dlpy.core.errors import ConfigError
    from dlpy.runs.lookup import all_runs, begun, default_runs_folder, find_run

    folder = runs_folder or default_runs_folder()
    named = [find_run(name, folder) for name in names or []]
    if not verify:
        _list_any(named, named or all_runs(folder), sort, reverse=reverse, as_json=as_json)
        return
    if sort != "id" or reverse:
        raise ConfigError("--verify does not sort: leave out --sort and --reverse.")
    _verify(named or begun(folder), as_json=as_json)


def _list_any(named: list[Run], found: list[Run], sort: str, *, reverse: bool, as_json: bool) -> None:
    """List runs, or what a single run that is named holds: trials, folds, or the runs of its seeds."""
    from dlpy.cli.folds_table import fold_rows
    from dlpy.runs.directory import KFOLD, SEARCH_KIND, SEEDS
    from dlpy.runs.lookup import seed_runs

    kind = _kind_of(named)
    if kind == SEARCH_KIND:
        list_trials(named[0], sort, reverse=reverse, as_json=as_json)
    elif kind == KFOLD and (rows := fold_rows(named[0])):
        _show(rows, named, "fold" if sort == "id" else sort, reverse=reverse, as_json=as_json)
    else:
        found = seed_runs(named[0]) or found if kind == SEEDS else found
        _show([_row(run) for run in found], found, sort, reverse=reverse, as_json=as_json)


def _kind_of(named: list[Run]) -> str:
    """Return the kind of a single run that is named; the empty text of several, or of a damaged one."""
    from dlpy.core.errors import RunError

    try:
        return named[0].record().kind if len(named) == 1 else ""
    except RunError:
        return ""


def _verify(found: list[Run], *, as_json: bool) -> None:
    """Print one line per run.

    Raises:
        RunError: a run is damaged.
    """
    from dlpy.cli.lines import say, say_json
    from dlpy.core.errors import RunError
    from dlpy.runs.verify import verify

    verdicts = [verify(run) for run in found]
    if as_json:
        say_json([asdict(verdict) for verdict in verdicts])
    for verdict in [] if as_json else verdicts:
        say(f"{verdict.id}  {verdict.line}")
    if not verdicts and not as_json:
        say("There are no runs yet.")
    damaged = sum(bool(verdict.damages) for verdict in verdicts)
    if damaged:
        raise RunError(f"{damaged} of {len(verdicts)} runs {'is' if damaged == 1 else 'are'} damaged.")


def _show(rows: list[dict[str, Any]], found: list[Run], sort: str, *, reverse: bool, as_json: bool) -> None:
    """Print rows of runs or folds, sorted, as a table or as JSON."""
    from rich.table import Table

    from dlpy.cli.lines import say_json
    from dlpy.cli.output import output
    from dlpy.core.errors import ConfigError, did_you_mean
    from dlpy.runs.score_direction import larger_is_better

    columns = list(dict.fromkeys(name for row in rows for name in row))
    if rows and sort not in columns:
        raise ConfigError(f"--sort {sort}: no run has this column.{did_you_mean(sort, columns)}")
    first_the_largest = reverse != (rows != [] and larger_is_better(sort, found))
    known = sorted((row for row in rows if row.get(sort) is not None), key=itemgetter(sort), reverse=first_the_largest)
    rows = [*known, *(row for row in rows if row.get(sort) is None)]
    if as_json:
        say_json(rows)
        return
    columns = _shown(rows, found, sort)
    table = Table(box=None, pad_edge=False)
    for name in columns:
        left = name in ("id", "status", "data")
        width = max(len(row[name]) for row in rows) if name == "id" else None  # a truncated id is useless
        table.add_column(name, no_wrap=True, justify="left" if left else "right", min_width=width)
    for row in rows:
        table.add_row(*(_cell(row[name]) if name in row else "" for name in columns))
    output().print(table if rows else "There are no runs yet.")


def _shown(rows: list[dict[str, Any]], found: list[Run], sort: str) -> list[str]:
    """Return the columns to print: of runs with several outputs only the main ones, and the one to sort by."""
    several = {run.id: outputs for run in found if (outputs := _outputs(run))}
    folded = several.get(found[0].id, []) if found and "fold" in rows[0] else []
    return [
        column
        for column in dict.fromkeys(name for row in rows for name in row)
        if column == sort
        or any(column in row and _is_main(column, row, several.get(str(row.get("id")), folded)) for row in rows)
    ]


def _is_main(column: str, row: dict[str, Any], outputs: list[str]) -> bool:
    """Return whether a column is shown for a run: all are for one output; of several, not the losses of each."""
    if not outputs or not any(column.removeprefix("val_").startswith(f"{name}_") for name in outputs):
        return True
    is_held_out = column.startswith("val_") or f"val_{column}" not in row
    return is_held_out and column.removeprefix("val_") not in [f"{name}_loss" for name in outputs]


def _outputs(run: Run) -> list[str]:
    """Return the names of a run's outputs if it has several; none of a damaged run."""
    from dlpy.core.errors import RunError
    from dlpy.runs.results import names_of_outputs

    try:
        return names_of_outputs(run)
    except RunError:
        return []


def _row(run: Run) -> dict[str, Any]:
    from dlpy.core.errors import RunError
    from dlpy.runs.directory import ARTWORK_KINDS
    from dlpy.runs.lock import status_of
    from dlpy.runs.trust import require_own

    try:
        require_own(run.path)
        record = run.record()
        summary, of_search = run.summary(), search_row(run) if record.kind == "search" else None
    except RunError:
        return {"id": run.id, "status": "damaged"}
    known = {"id": run.id, "status": status_of(run, record), "data": record.data.source, "seconds": record.seconds}
    if record.kind in ARTWORK_KINDS:
        return {**known, **({} if summary.last is None else {"loss": summary.last.scores.get("loss")})}
    if of_search is not None:
        return {**known, **of_search}
    best = {} if summary.best is None else {"epoch": summary.best.epoch, **summary.best.scores}
    return {**known, **(summary.mean or best)}


def _cell(value: object) -> str:
    return "-" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
