"""The tables that `dlpy explain` prints of importances, partial dependence and single rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.table import Table

if TYPE_CHECKING:
    from rich.console import Console

_MOST_LINES = 48


def show_tables(console: Console, found: Mapping[str, Any]) -> None:
    """Print what was found of a run over tables."""
    for score in found.get("scores", []):
        _say_score(console, score, "the column is shuffled")
        names = [f"{one['name']} (input)" if one["kind"] == "input" else one["name"] for one in score["importances"]]
        order = sorted(range(len(names)), key=lambda place: score["importances"][place]["kind"] != "input")
        console.print(_importances("column", [(names[place], score["importances"][place]) for place in order]))
    _say_rows(console, found)
    for pair in found.get("related", [])[:5]:
        first, second = pair["columns"]
        strength = f"their association is {pair['strength']:.2f}"
        console.print(f"note: {first} and {second} share their importance: {strength}", soft_wrap=True)
    more = len(found.get("related", [])) - 5
    if more > 0:
        console.print(f"note: {more:,} more pairs of columns depend on each other (--json lists them)")
    if "scores" not in found:
        for one in found.get("dependence", []):
            for curve in one["columns"]:
                told = f"partial dependence: the mean prediction of {curve['rows']:,} {found['of_rows']}"
                console.print(f"{told} with this {curve['column']}", soft_wrap=True)
                console.print(_curve(curve))
        for row in found.get("explained", []):
            _show_row(console, row)


def show_series(console: Console, found: Mapping[str, Any]) -> None:
    """Print the importance of lags, the oldest first, and of columns."""
    for score in found["scores"]:
        _say_score(console, score, "it is shuffled between the rows")
        lags = [line for line in score["importances"] if line["kind"] in ("lag", "step")]
        columns = [(line["name"], line) for line in score["importances"] if line["kind"] == "column"]
        lags.sort(key=lambda line: -line["from"] if line["kind"] == "lag" else line["from"])
        label = "step of the series" if lags[0]["kind"] == "step" else f"lag in {found['unit']}"
        console.print(_importances(label, [(line["name"], line) for line in lags]))
        if columns:
            console.print()
            console.print(_importances("column", columns))
    _say_rows(console, found)


def _say_score(console: Console, score: Mapping[str, Any], where: str) -> None:
    unit = f" {score['unit']}" if score["unit"] else ""
    now = f"{score['score']} (now {score['value']:.4g}{unit})"
    console.print(f"importance: how much worse {now} becomes when {where}", soft_wrap=True)


def _say_rows(console: Console, found: Mapping[str, Any]) -> None:
    if "scores" in found:
        console.print(f"{found['rows']:,} {found['of_rows']}, {found['shuffles']} shuffles")


def _importances(title: str, lines: Sequence[tuple[str, Mapping[str, Any]]]) -> Table:
    """Return the importance of each line and its standard deviation between the shuffles."""
    table = Table(box=None, pad_edge=False)
    table.add_column(title)
    for name in ("importance", "deviation"):
        table.add_column(name, justify="right")
    for name, line in lines[:_MOST_LINES]:
        deviation = line["deviation"]
        table.add_row(name, f"{line['importance']:.4g}", "-" if deviation != deviation else f"{deviation:.2g}")
    if len(lines) > _MOST_LINES:
        table.add_row(f"{len(lines) - _MOST_LINES:,} more (--json)", "", "")
    return table


def _curve(curve: Mapping[str, Any]) -> Table:
    """Return the mean prediction for each value of a column."""
    table = Table(box=None, pad_edge=False)
    for name in (curve["column"], curve["of"]):
        table.add_column(name, justify="right")
    for value, prediction in zip(curve["values"], curve["prediction"], strict=True):
        shown = f"{value:.6g}" if isinstance(value, int | float) else value or "(missing)"
        table.add_row(shown, f"{prediction:.5g}")
    return table


def _show_row(console: Console, row: Mapping[str, Any]) -> None:
    """Print what the columns of a row contribute to its prediction."""
    table = Table(
        title=f"row {row['row']}: {row['of']}", title_justify="left", title_style="", box=None, pad_edge=False
    )
    table.add_column("column")
    for name in ("cell", "contribution", "standard error"):
        table.add_column(name, justify="right")
    lines = sorted(row["columns"], key=lambda line: -abs(line["contribution"]))
    for line in lines[:_MOST_LINES]:
        error = line["error"]
        numbers = f"{line['contribution']:+.4g}", "-" if error != error else f"{error:.2g}"
        table.add_row(line["column"], line["cell"], *numbers)
    console.print(table)
    rest = sum(line["contribution"] for line in lines[_MOST_LINES:])
    others = f" (others {rest:+.4g})" if lines[_MOST_LINES:] else ""
    total = sum(line["contribution"] for line in lines)
    told = (
        f"mean prediction {row['mean']:.5g} + contributions {total:+.5g}{others} = prediction {row['prediction']:.5g}"
    )
    console.print(told, soft_wrap=True)
