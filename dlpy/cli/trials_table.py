"""The trials of a search as a table."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from dlpy.runs.directory import Run
    from dlpy.runs.trials import Trial

_LONGEST = 60  # characters of a reason


def search_row(run: Run) -> dict[str, Any]:
    """Return what the line of a search shows beside its id: its trials by status, and the scores of the best."""
    from dlpy.runs.searches import how_searched
    from dlpy.runs.trials import best_trial, read_trials

    trials = read_trials(run)
    counts = Counter(trial.status for trial in trials)
    told = {"trials": len(trials), **{name: counts[name] for name in ("failed", "pruned") if counts[name]}}
    best = best_trial(trials, how_searched(run).direction)
    return told if best is None else {**told, "epoch": best.epoch, **best.scores}


def list_trials(run: Run, sort: str, *, reverse: bool, as_json: bool) -> None:
    """Print the trials of a search, one per line.

    Raises:
        ConfigError: there is no column to sort by.
    """
    from rich.table import Table

    from dlpy.cli.lines import say_json
    from dlpy.cli.output import output
    from dlpy.runs.searches import how_searched
    from dlpy.runs.trials import read_trials

    trials = read_trials(run)
    rows = _sorted(trials, sort, how_searched(run).direction, reverse=reverse)
    if as_json:
        say_json(rows)
        return
    columns = list(dict.fromkeys(name for row in rows for name in row if row[name] is not None))
    table = Table(box=None, pad_edge=False)
    for name in columns:
        texts = name in ("status", "reason") or any(isinstance(row.get(name), str) for row in rows)
        table.add_column(name, no_wrap=True, justify="left" if texts else "right")
    for row in rows:
        table.add_row(*(_cell(row.get(name)) for name in columns))
    output().print(table if rows else "No trial has ended yet.")
    for line in worth_lines(run):
        output().print(line, markup=False, soft_wrap=True)


def worth_lines(run: Run) -> list[str]:
    """Return in sentences what the best trial of a search is worth, as far as it was estimated."""
    from dlpy.search import nested, worth

    found = run.read("summary.json")
    return [*worth.lines(found.get("worth")), *nested.lines(found.get("nested"))]


def _sorted(trials: Sequence[Trial], sort: str, direction: str, *, reverse: bool) -> list[dict[str, Any]]:
    """Return the rows of the table, those without a value to sort by last."""
    from dlpy.core.errors import ConfigError, did_you_mean
    from dlpy.runs.searches import short_names

    short = short_names(list(dict.fromkeys(name for trial in trials for name in trial.shown)))
    rows = [_row(trial, short) for trial in trials]
    column = "trial" if sort == "id" else short.get(sort, sort)
    known = ["trial", "status", "score", "epoch", "epochs", "seconds", *short.values()]
    if rows and column not in known:
        raise ConfigError(f"--sort {sort}: trials have no such column.{did_you_mean(sort, known)}")
    largest_first = reverse != (column == "score" and direction == "max")
    placed = [row for row in rows if row.get(column) is not None]
    placed = sorted(placed, key=lambda row: _order(row[column]), reverse=largest_first)
    return [*placed, *(row for row in rows if row.get(column) is None)]


def _order(value: object) -> tuple[bool, float, str]:
    """Return a sort key: numbers come before texts."""
    return (False, value, "") if isinstance(value, int | float) else (True, 0.0, str(value))


def _row(trial: Trial, short: dict[str, str]) -> dict[str, Any]:
    from dlpy.core.errors import on_a_line, shortened

    known = {"trial": trial.number, "status": trial.status, "score": trial.score, "epoch": trial.epoch}
    known |= {"epochs": trial.epochs, "seconds": trial.seconds}
    known |= {short[name]: value for name, value in trial.shown.items()}
    return (
        known
        if trial.reason is None
        else {**known, "reason": shortened(on_a_line(" ".join(trial.reason.split())), _LONGEST)}
    )


def _cell(value: object) -> str:
    return "" if value is None else f"{value:.4g}" if isinstance(value, float) else str(value)
