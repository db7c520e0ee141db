"""What a search found: its trials, what the best of them is worth, and how to train it."""

from __future__ import annotations

from typing import Any

from dlpy.core.errors import RunError
from dlpy.core.suggestions import command
from dlpy.report.markup import Markup
from dlpy.report.tables import number, shown_value, table
from dlpy.runs.directory import SEARCH_KIND, Run
from dlpy.runs.searches import how_searched
from dlpy.runs.trials import ranked, read_trials
from dlpy.search import nested, worth


def trials(run: Run) -> list[Markup]:
    """Return the trials of a search, the best first."""
    if run.record().kind != SEARCH_KIND:
        return []
    how = how_searched(run)
    found = ranked(read_trials(run), how.direction)
    names = list(dict.fromkeys(name for trial in found for name in trial.shown))
    rows = [[str(trial.number), *(_short(trial.shown.get(name)) for name in names)] for trial in found]
    cells = [[*row, number(trial.score), trial.status] for row, trial in zip(rows, found, strict=True)]
    numeric = [
        place for place, name in enumerate(names, 1) if any(_is_number(trial.shown.get(name)) for trial in found)
    ]
    heads = ["trial", *names, how.monitor, "status"]
    return [table("Trials, the best first", heads, cells, numeric=[*numeric, len(names) + 1])]


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _short(value: Any) -> str:
    """Return the value of an option with four digits; best.yaml has all of them."""
    return f"{value:.4g}" if isinstance(value, float) else shown_value(value)


def worth_of(run: Run) -> list[str]:
    """Return in sentences what the best trial of a search is worth; none for other runs.

    Raises:
        RunError: summary.json is damaged.
    """
    content = run.read("summary.json") if run.record().kind == SEARCH_KIND else {}
    try:
        return [*worth.lines(content.get("worth")), *nested.lines(content.get("nested"))]
    except (AttributeError, KeyError, TypeError, ValueError):
        raise RunError(f"{run.path / 'summary.json'} is damaged: what the best trial is worth is incomplete.") from None


def how_many(run: Run) -> str | None:
    """Return how many trials ended in which way; None for other runs."""
    counts = (run.summary().search or {}).get("counts")
    if not isinstance(counts, dict):
        return None
    return ", ".join(f"{count} {status}" for status, count in counts.items())


def best_again(run: Run) -> str | None:
    """Return the command that trains the best experiment of a search; None for other runs."""
    return command("train", f"{run.id}/best.yaml") if (run.path / "best.yaml").is_file() else None
